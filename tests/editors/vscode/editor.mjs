// A real VS Code (code-server) in a headless Chromium, with the extension installed and a home of its own.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { WAIT, Window, until } from './window.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const INSTALLED = path.join(ROOT, '.cache/editors');
const CODE_SERVER = path.join(INSTALLED, 'npm/node_modules/code-server');
/** The one that VS Code is built for, whichever runs the tests. */
const NODE = path.join(INSTALLED, 'bin/node');
const RESULTS = path.join(INSTALLED, 'results');
const VERSION = JSON.parse(fs.readFileSync(path.join(ROOT, 'vscode-client/package.json'), 'utf8')).version;
const VSIX = process.env.PREBAKE_VSIX ?? path.join(ROOT, `vscode-client/prebake-${VERSION}.vsix`);
const PYTHON = path.join(ROOT, '.venv/bin/python');

const USER_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'git.enabled': false,
  'files.autoSave': 'off',
  'editor.minimap.enabled': false,
  'editor.accessibilitySupport': 'off',
  'editor.experimentalGpuAcceleration': 'off',
};

function onPath(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      if (fs.existsSync(path.join(folder, name))) return path.join(folder, name);
    }
  }
  return undefined;
}

const CHROMIUM = process.env.CHROMIUM ?? onPath(['chromium', 'chromium-browser', 'google-chrome']);

/** Why this machine cannot run the suite, or false. Under CI that is an error. */
export function reasonToSkip() {
  const missing = [];
  if (!fs.existsSync(path.join(CODE_SERVER, 'package.json'))) missing.push('code-server');
  if (!CHROMIUM) missing.push('Chromium');
  if (!fs.existsSync(VSIX)) missing.push(path.relative(ROOT, VSIX));
  if (missing.length === 0) return false;
  const reason = `${missing.join(', ')} missing: run \`make vsix editors-setup\``;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Editor {
  /**
   * Starts code-server and a browser.
   *
   * @param trusted whether every workspace is trusted, or none.
   * @param beside folder of another extension to install, that needs no build.
   * @param environment variables for every process.
   */
  static async start({ trusted = true, beside, environment = {} } = {}) {
    const editor = new Editor();
    try {
      await editor.#launch(trusted, beside, environment);
    } catch (error) {
      await editor.close();
      throw error;
    }
    return editor;
  }

  async #launch(trusted, beside, environment) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prebake-vscode-'));
    this.data = path.join(this.folder, 'data');
    this.extensions = path.join(this.folder, 'extensions');
    for (const folder of ['data/User', 'data/Machine', 'extensions', 'home']) {
      fs.mkdirSync(path.join(this.folder, folder), { recursive: true });
    }
    const settings = { ...USER_SETTINGS, 'security.workspace.trust.enabled': !trusted };
    fs.writeFileSync(path.join(this.data, 'User/settings.json'), JSON.stringify(settings));
    this.setInterpreter(undefined);
    fs.writeFileSync(path.join(this.folder, 'config.yaml'), 'auth: none\ncert: false\n');

    const home = path.join(this.folder, 'home');
    this.environment = {
      ...process.env,
      PATH: [path.dirname(PYTHON), process.env.PATH].join(path.delimiter),
      HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home,
      ...environment,
    };
    delete this.environment.VSCODE_IPC_HOOK_CLI;
    const base = [CODE_SERVER, '--config', path.join(this.folder, 'config.yaml'),
      '--user-data-dir', this.data, '--extensions-dir', this.extensions];
    for (const vsix of beside ? [VSIX, this.pack(beside)] : [VSIX]) {
      execFileSync(NODE, [...base, '--install-extension', vsix], { env: this.environment, stdio: 'pipe' });
    }

    this.port = await freePort();
    const log = fs.openSync(path.join(this.folder, 'server.log'), 'w');
    this.server = spawn(NODE, [...base, '--auth', 'none', '--bind-addr', `127.0.0.1:${this.port}`,
      '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      { env: this.environment, stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
    // It would outlive tests that are interrupted.
    process.once('exit', () => this.#kill());
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
    await until('code-server', async () => {
      try {
        return (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok;
      } catch {
        return false;
      }
    });
    const { chromium } = createRequire(path.join(INSTALLED, 'npm/package.json'))('playwright-core');
    this.browser = await chromium.launch({
      executablePath: CHROMIUM,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--no-proxy-server',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
    // One context for all windows: what the first has loaded, the others take from the cache.
    this.context = await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
  }

  /** Packs the folder of an extension that needs no build; the path of the file. */
  pack(folder) {
    const vsix = path.join(this.folder, `${path.basename(folder)}.vsix`);
    const vsce = path.join(ROOT, 'vscode-client/node_modules/@vscode/vsce/vsce');
    execFileSync(NODE, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix],
      { cwd: folder, env: this.environment, stdio: 'pipe' });
    return vsix;
  }

  /** Writes the machine's setting `prebake.interpreter`; VS Code notices while it runs. */
  setInterpreter(interpreter) {
    const settings = interpreter === undefined ? {} : { 'prebake.interpreter': interpreter };
    fs.writeFileSync(path.join(this.data, 'Machine/settings.json'), JSON.stringify(settings));
  }

  /** The machine's setting `prebake.interpreter`. */
  interpreter() {
    return JSON.parse(fs.readFileSync(path.join(this.data, 'Machine/settings.json'), 'utf8'))['prebake.interpreter'];
  }

  /** Makes a folder with the given files (path -> content). */
  project(name, files) {
    const folder = path.join(this.folder, 'projects', name);
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), content);
    }
    return folder;
  }

  /**
   * Opens a project in a window of its own, with one of its files in the editor.
   *
   * @param folder the project's folder.
   * @param workspace a `.code-workspace` file in it to open instead of the folder itself.
   */
  async open(folder, file, workspace) {
    const page = await this.context.newPage();
    const payload = JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${this.port}${path.join(folder, file)}`]]);
    const what = workspace ? { workspace: path.join(folder, workspace) } : { folder };
    await page.goto(`http://127.0.0.1:${this.port}/?${new URLSearchParams({ ...what, payload })}`);
    await page.waitForSelector('.monaco-workbench', { timeout: WAIT });
    const window = new Window(this, page);
    await window.text.waitFor({ timeout: WAIT });
    for (let attempt = 0; workspace && attempt < 3; attempt++) {
      // The workbench sometimes reads the workspace's file before its file system is there, and then shows no folder.
      const folders = page.locator('.explorer-folders-view .monaco-list-row').first();
      if (await folders.waitFor({ timeout: 10_000 }).then(() => true, () => false)) break;
      await page.reload();
      await window.text.waitFor({ timeout: WAIT });
    }
    return window;
  }

  /**
   * Process ids of the language servers that run from this editor's copy of the extension. Others may run on this
   * machine, and between fork and exec each program that a server starts looks like a server, too.
   */
  servers() {
    const parents = new Map();
    for (const pid of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const ours = line.some((word) => word.startsWith(`${this.extensions}/`) && word.endsWith('/launch.py'));
        if (ours && !line.includes('--probe')) {
          parents.set(Number(pid), Number(/^PPid:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]));
        }
      } catch {
        // Ended in the meantime.
      }
    }
    return [...parents.keys()].filter((pid) => !parents.has(parents.get(pid)));
  }

  /** The text of the extension's log, of every window so far. */
  log() {
    return this.#logs('prebake.log');
  }

  /** Which events have activated the extension so far, as VS Code's host of extensions logs them. */
  activations() {
    const events = this.#logs('remoteexthost.log').matchAll(/doActivateExtension prebake\.prebake,.*activationEvent: '(.*?)'/g);
    return [...events].map(([, event]) => event);
  }

  /** Whether VS Code has looked for the files that activate extensions. */
  isSettled() {
    return this.#logs('remoteexthost.log').includes('Eager extensions activated');
  }

  #logs(name) {
    const logs = path.join(this.data, 'logs');
    return fs.readdirSync(logs, { recursive: true })
      .filter((file) => path.basename(file) === name)
      .map((file) => fs.readFileSync(path.join(logs, file), 'utf8')).join('');
  }

  /** Ends every process and removes every file of this editor. */
  async close() {
    await this.browser?.close();
    if (this.server && this.server.exitCode === null) {
      const ended = new Promise((resolve) => this.server.once('exit', resolve));
      this.#kill();
      await ended;
    }
    if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Ends VS Code and all that it has started; nothing of it is kept, so there is nothing to end in order. */
  #kill() {
    try {
      process.kill(-this.server.pid, 'SIGKILL');
    } catch {
      // The whole group has ended already.
    }
  }

  /** Keeps the logs and a picture of every window, for a person who wants to know why a test has failed. */
  async keepEvidence(name) {
    const target = path.join(RESULTS, name.replaceAll(/\W+/g, '-'));
    fs.rmSync(target, { recursive: true, force: true });
    fs.mkdirSync(target, { recursive: true });
    let number = 0;
    for (const context of this.browser?.contexts() ?? []) {
      for (const page of context.pages()) {
        await page.screenshot({ path: path.join(target, `window-${number++}.png`) }).catch(() => undefined);
      }
    }
    for (const entry of ['server.log', 'data/logs']) {
      const source = path.join(this.folder, entry);
      if (fs.existsSync(source)) fs.cpSync(source, path.join(target, entry), { recursive: true });
    }
    return path.relative(ROOT, target);
  }
}
