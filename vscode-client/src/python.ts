import { EXTENSION_ID as ENVIRONMENTS_ID, PythonEnvironments, type PythonEnvironmentApi } from '@vscode/python-environments';
import { PVSC_EXTENSION_ID, PythonExtension } from '@vscode/python-extension';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { interpreterSetting } from './settings';

/** A command line that starts Python, and where it was found. */
export interface Candidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly source: string;
}

/** Python that was tried and can run the server. */
export interface Python extends Candidate {
  readonly version: string;
  /** The program itself, where the command is a link to it or a script that starts it. */
  readonly executable: string;
}

/** Why one Python cannot run the server, as the end of a sentence that starts with its path. */
export type Problem = { readonly problem: string };

/** Python that can run the server, or why there is none. */
export type Found = { readonly python: Python } | Problem;

const PROBE_TIMEOUT_MS = 20_000;
const WATCH_INTERVAL_MS = 2_000;
const SETTING = 'prebake.interpreter';
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
    const tried = await probe({ command, args: [], source: SETTING }, launcher);
    if ('problem' in tried) {
      log.error(`${command} (${SETTING}) ${tried.problem}`);
      return { problem: `The Python named in ${SETTING} cannot run prebake: ${command} ${tried.problem}.` };
    }
    return { python: tried };
  }
  let count = 0;
  for await (const candidate of candidates(log)) {
    count++;
    const tried = await probe(candidate, launcher);
    if (!('problem' in tried)) {
      return { python: tried };
    }
    log.warn(`${commandLine(candidate)} (${candidate.source}) ${tried.problem}`);
  }
  return {
    problem: `prebake needs Python 3.11 or newer and found none (${count} tried). Install one, or name it in ${SETTING}.`,
  };
}

/** A command line as a person reads it. */
export function commandLine({ command, args }: Candidate): string {
  return [command, ...args].join(' ');
}

/**
 * Calls back when one of the files is replaced, removed or comes back, as an upgrade of Python does.
 *
 * The files are looked at every other second: notifications are not to be had for links, mounts and what lies behind
 * them.
 */
export function watchFiles(files: Iterable<string>, callback: () => void): vscode.Disposable {
  const listener = (now: fs.Stats, before: fs.Stats) => {
    if (now.ino !== before.ino || now.mtimeMs !== before.mtimeMs || now.size !== before.size) {
      callback();
    }
  };
  const watched = [...new Set(files)].filter((file) => path.isAbsolute(file));
  for (const file of watched) {
    fs.watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, listener);
  }
  return new vscode.Disposable(() => watched.forEach((file) => fs.unwatchFile(file, listener)));
}

/** The file that the setting names, absolute where that can be told; undefined without a setting. */
export function interpreterFile(): string | undefined {
  const setting = interpreterSetting();
  return setting ? expand(setting) : undefined;
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

/** What may be Python, the most likely first, each once: what the Python extensions have selected, then PATH. */
export async function* candidates(log: vscode.LogOutputChannel): AsyncGenerator<Candidate> {
  const seen = new Set<string>();
  for await (const candidate of everyCandidate(log)) {
    const line = commandLine(candidate);
    if (!seen.has(line)) {
      seen.add(line);
      yield candidate;
    }
  }
}

async function* everyCandidate(log: vscode.LogOutputChannel): AsyncGenerator<Candidate> {
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

/** Starts a Python, by the bundled `launch.py`, to see whether it can run the server. */
export function probe(candidate: Candidate, launcher: string): Promise<Python | Problem> {
  return new Promise((resolve) => {
    const args = [...candidate.args, ...ISOLATED, launcher, '--probe'];
    const options = { cwd: WORKING_FOLDER, timeout: PROBE_TIMEOUT_MS, windowsHide: true };
    execFile(candidate.command, args, options, (error, stdout, stderr) => {
      try {
        const about = JSON.parse(stdout) as { error: string | null; version: string; executable: string };
        resolve(about.error ? { problem: about.error } : { ...candidate, version: about.version, executable: about.executable });
      } catch {
        const said = stderr.trim().split('\n').pop();
        const gone = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
        resolve({ problem: gone ? 'does not exist' : `does not run as Python 3.11 or newer${said ? `: ${said}` : ''}` });
      }
    });
  });
}
