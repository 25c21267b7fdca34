import * as vscode from 'vscode';
import type { DocumentSelector } from 'vscode-languageclient/node';

const DOCKERFILES = '**/{Dockerfile,Containerfile}*';
const IGNORE_FILES = '**/{dockerignore,.dockerignore,.containerignore,*.dockerignore,*.containerignore}';

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

/** Whether a document by itself is reason enough to start the server. */
export function wantsServer(document: vscode.TextDocument): boolean {
  return vscode.languages.match(docker, document) > 0;
}

/** Whether an open document or a file of the workspace is a Dockerfile or its ignore file. */
export async function workspaceWantsServer(): Promise<boolean> {
  if (vscode.workspace.textDocuments.some(wantsServer)) {
    return true;
  }
  const found = await vscode.workspace.findFiles(DOCKERFILES, '**/node_modules/**', 1);
  return found.length > 0;
}
