import * as vscode from 'vscode';
import type { ConfigurationParams, LSPAny } from 'vscode-languageclient/node';

/** The section of every setting, and the identifier of the language client. */
export const SECTION = 'prebake';

const SERVER_KEYS = ['select', 'ignore', 'severity', 'targets', 'builder', 'bake'];

/**
 * The settings that somebody has set, for one resource.
 *
 * Defaults are left out: the server ranks editor settings above `prebake.toml`, and a default must not outrank a file.
 */
function explicitSettings(resource: vscode.Uri | undefined): Record<string, LSPAny> {
  const configuration = vscode.workspace.getConfiguration(SECTION, resource);
  const settings: Record<string, LSPAny> = {};
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
    return explicitSettings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined);
  });
}

/** The interpreter named in the settings, or undefined. Untrusted workspaces have no say in it (`package.json`). */
export function interpreterSetting(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const value = vscode.workspace.getConfiguration(SECTION, folder?.uri).get<string>('interpreter')?.trim();
  return value ? value : undefined;
}
