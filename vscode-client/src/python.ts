import { EXTENSION_ID as ENVIRONMENTS_ID, PythonEnvironments, type PythonEnvironmentApi } from '@vscode/python-environments';
import { PVSC_EXTENSION_ID, PythonExtension } from '@vscode/python-extension';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { interpreterSetting } from './settings';

/** A command line that starts Python, and where it was found. */
export interface Python {
  readonly command: string;
  readonly args: readonly string[];
  readonly source: string;
}

/** Python that can run the server, or why there is none. */
export type Found = { readonly python: Python } | { readonly problem: string };

const PROBE_TIMEOUT_MS = 20_000;
const NAMES = ['python3', 'python', 'py', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

/** Arguments that keep the project, PYTHONPATH and site-packages out of the server's process. */
export const ISOLATED = ['-I', '-S'] as const;

/** Where the server and its probe run: not in the project, whose files must not be taken for programs or modules. */
export const WORKING_FOLDER = os.homedir();

/**
 * Finds a Python that can run the server: the setting alone if there is one, else the first that passes the probe of
 * the Python Environments extension's, the Python extension's and those on PATH.
 *
 * @param launcher path of `launch.py`.
 */
export async function findPython(launcher: string, log: vscode.LogOutputChannel): Promise<Found> {
  const setting = interpreterSetting();
  if (setting) {
    const command = expand(setting);
    const problem = await probe({ command, args: [], source: 'prebake.interpreter' }, launcher);
    if (problem) {
      log.error(`${command} (prebake.interpreter) ${problem}`);
      return { problem: `The Python named in prebake.interpreter cannot run prebake: ${command} ${problem}.` };
    }
    return { python: { command, args: [], source: 'prebake.interpreter' } };
  }
  const tried = new Set<string>();
  for await (const python of candidates(log)) {
    const line = [python.command, ...python.args].join(' ');
    if (tried.has(line)) {
      continue;
    }
    tried.add(line);
    const problem = await probe(python, launcher);
    if (!problem) {
      return { python };
    }
    log.warn(`${line} (${python.source}) ${problem}`);
  }
  return {
    problem:
      `prebake needs Python 3.11 or newer and found none ` +
      `(${tried.size} tried). Install one, or name it in prebake.interpreter.`,
  };
}

/** Calls back when the extension that was asked for Python selects another one; undefined when none was asked. */
export function onDidChangePython(callback: () => void): vscode.Disposable | undefined {
  const environments = vscode.extensions.getExtension<PythonEnvironmentApi | null>(ENVIRONMENTS_ID);
  if (environments?.isActive && environments.exports) {
    return environments.exports.onDidChangeEnvironment(callback);
  }
  const extension = vscode.extensions.getExtension<PythonExtension>(PVSC_EXTENSION_ID);
  return extension?.isActive ? extension.exports.environments.onDidChangeActiveEnvironmentPath(callback) : undefined;
}

async function* candidates(log: vscode.LogOutputChannel): AsyncGenerator<Python> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  // Both extensions may answer with what the workspace's files name, so only a trusted workspace is asked about.
  if (vscode.workspace.isTrusted) {
    const environments = await ask(() => PythonEnvironments.api(), log);
    const run = await ask(async () => (await environments?.getEnvironment(folder))?.execInfo.run, log);
    if (run) {
      yield { command: run.executable, args: run.args ?? [], source: 'Python Environments extension' };
    }
    const extension = await ask(() => PythonExtension.api(), log);
    const active = extension?.environments.getActiveEnvironmentPath(folder);
    const resolved = await ask(async () => active && (await extension?.environments.resolveEnvironment(active)), log);
    const executable = resolved?.executable.uri?.fsPath;
    if (executable) {
      yield { command: executable, args: [], source: 'Python extension' };
    }
  }
  for (const name of NAMES) {
    const command = which(name);
    if (command) {
      yield { command, args: [], source: 'PATH' };
    }
  }
}

/** An extension that is absent, switched off or broken is no reason to stop looking. */
async function ask<T>(question: () => Promise<T>, log?: vscode.LogOutputChannel): Promise<T | undefined> {
  try {
    return (await question()) ?? undefined;
  } catch (error) {
    log?.debug(String(error));
    return undefined;
  }
}

/** `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}` replaced; a bare name looked up on PATH. */
function expand(setting: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const text = setting
    .replace(/^~(?=[\\/]|$)/, os.homedir())
    .replaceAll('${workspaceFolder}', folder)
    .replaceAll('${userHome}', os.homedir())
    .replace(/\$\{env:(\w+)\}/g, (_, name: string) => process.env[name] ?? '');
  if (!/[\\/]/.test(text)) {
    return which(text) ?? text;
  }
  return path.isAbsolute(text) ? text : path.resolve(folder, text);
}

/** The absolute path of a program on PATH; relative entries, and those of an untrusted workspace, are passed over. */
function which(name: string): string | undefined {
  const file = process.platform === 'win32' && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder) || (!vscode.workspace.isTrusted && inWorkspace(folder))) {
      continue;
    }
    const candidate = path.join(folder, file);
    try {
      fs.accessSync(candidate, fs.constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

function inWorkspace(folder: string): boolean {
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder)) !== undefined;
}

/** Why this Python cannot run the server, as the end of a sentence that starts with its path; undefined if it can. */
function probe(python: Python, launcher: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const args = [...python.args, ...ISOLATED, launcher, '--probe'];
    const options = { cwd: WORKING_FOLDER, timeout: PROBE_TIMEOUT_MS, windowsHide: true };
    execFile(python.command, args, options, (error, stdout, stderr) => {
      try {
        const { error: problem } = JSON.parse(stdout) as { error: string | null };
        resolve(problem ?? undefined);
      } catch {
        const said = stderr.trim().split('\n').pop();
        const code = (error as NodeJS.ErrnoException | null)?.code;
        resolve(code === 'ENOENT' ? 'does not exist' : `does not run as Python 3.11 or newer${said ? `: ${said}` : ''}`);
      }
    });
  });
}
