import * as vscode from 'vscode';
import type { ConfigurationParams, LSPAny } from 'vscode-languageclient/node';

/** The section of every setting, and the identifier of the language client. */
export const SECTION = 'prebake';

const SERVER_KEYS = ['select', 'ignore', 'severity', 'targets', 'builder', 'bake'];

/** Extensions with a language server for Dockerfiles: symbols, folding and the like are theirs where they are there. */
const DOCKER_EXTENSIONS = ['docker.docker', 'ms-azuretools.vscode-docker', 'ms-azuretools.vscode-containers'];

/** Which features the server is to offer: all of them, or those that no other extension has. */
export type Features = 'all' | 'own';

/** The setting `prebake.features`, with `auto` decided by the extensions that are switched on. */
export function features(): Features {
  const chosen = vscode.workspace.getConfiguration(SECTION).get<string>('features');
  if (chosen === 'all' || chosen === 'own') {
    return chosen;
  }
  return DOCKER_EXTENSIONS.some((id) => vscode.extensions.getExtension(id)) ? 'own' : 'all';
}

/**
 * The settings that somebody has set, for one resource, and `features`, which no file knows.
 *
 * Defaults are left out: the server ranks editor settings above `prebake.toml`, and a default must not outrank a file.
 */
function serverSettings(resource: vscode.Uri | undefined): Record<string, LSPAny> {
  const configuration = vscode.workspace.getConfiguration(SECTION, resource);
  const settings: Record<string, LSPAny> = { features: features() };
  for (const key of SERVER_KEYS) {
    const where = configuration.inspect(key);
    const values = [where?.globalValue, where?.workspaceValue, where?.workspaceFolderValue];
    if (values.some((value) => value !== undefined)) {
      settings[key] = configuration.get<LSPAny>(key) ?? null;
    }
  }
  return settings;
}

/** Answers `workspace/configuration`: the section `prebake` for each resource asked for, null for any other section. */
export function configuration(params: ConfigurationParams): LSPAny[] {
  return params.items.map((item) => {
    if (item.section !== SECTION) {
      return null;
    }
    return serverSettings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined);
  });
}

/** The interpreter named in the settings, or undefined. Untrusted workspaces have no say in it (`package.json`). */
export function interpreterSetting(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const value = vscode.workspace.getConfiguration(SECTION, folder?.uri).get<string>('interpreter')?.trim();
  return value ? value : undefined;
}

/** Names an interpreter in the settings, or none: where one is named already, else in the user's own settings. */
export async function setInterpreter(interpreter: string | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, vscode.workspace.workspaceFolders?.[0]?.uri);
  const where = configuration.inspect('interpreter');
  const target = !vscode.workspace.isTrusted
    ? vscode.ConfigurationTarget.Global
    : where?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : where?.workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await configuration.update('interpreter', interpreter, target);
}
