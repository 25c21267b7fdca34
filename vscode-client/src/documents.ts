import * as vscode from 'vscode';
import type { DocumentSelector } from 'vscode-languageclient/node';

const DOCKERFILES = '**/{Dockerfile,Containerfile}*';
const IGNORE_FILES = '**/{dockerignore,.dockerignore,.containerignore,*.dockerignore,*.containerignore}';
/** Folders of other people's Dockerfiles. */
const FOREIGN = '**/{node_modules,.venv,venv,site-packages}/**';
/** Names that begin like a Dockerfile's and are something else; the server's own list (`discovery.py`) is longer. */
const OTHER = /\.(dockerignore|containerignore|md|txt|py|sh|ya?ml|json|tmpl|j2)$/;
const MOST_FOUND = 100;

const docker = [
  { scheme: 'file', language: 'dockerfile' },
  { scheme: 'untitled', language: 'dockerfile' },
  // Editors disagree on the language of ignore files, so they go by name.
  { scheme: 'file', pattern: IGNORE_FILES },
];

/** What the server is told about: everything whose unsaved text can change a finding. */
export const selector: DocumentSelector = [
  ...docker,
  { scheme: 'file', language: 'python' },
  { scheme: 'file', language: 'shellscript' },
  { scheme: 'file', pattern: '**/{compose,docker-compose}*.{yml,yaml}' },
];

/** Whether a document is a Dockerfile or an ignore file: reason enough to start the server, and to show its state. */
export function isDocker(document: vscode.TextDocument): boolean {
  return vscode.languages.match(docker, document) > 0;
}

/** Whether an open document or a file of the workspace is a Dockerfile or its ignore file. */
export async function workspaceWantsServer(): Promise<boolean> {
  if (vscode.workspace.textDocuments.some(isDocker)) {
    return true;
  }
  const found = await vscode.workspace.findFiles(DOCKERFILES, FOREIGN, MOST_FOUND);
  return found.some((uri) => !OTHER.test(uri.path));
}
