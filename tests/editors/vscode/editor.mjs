// A real VS Code (code-server) in a headless Chromium, with the extension installed and a home of its own.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const INSTALLED = path.join(ROOT, '.cache/editors');
const CODE_SERVER = path.join(INSTALLED, 'npm/node_modules/code-server');
const RESULTS = path.join(INSTALLED, 'results');
const VERSION = JSON.parse(fs.readFileSync(path.join(ROOT, 'vscode-client/package.json'), 'utf8')).version;
const VSIX = process.env.PREBAKE_VSIX ?? path.join(ROOT, `vscode-client/prebake-${VERSION}.vsix`);
const PYTHON = path.join(ROOT, '.venv/bin/python');
const WAIT = 60_000;

const USER_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
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

/** Calls `probe` until it gives something truthy, which is returned; throws `what` when it never does. */
export async function until(what, probe, timeout = WAIT) {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
    for (const vsix of beside ? [VSIX, this.#pack(beside)] : [VSIX]) {
      execFileSync(process.execPath, [...base, '--install-extension', vsix], { env: this.environment, stdio: 'pipe' });
    }

    this.port = await freePort();
    const log = fs.openSync(path.join(this.folder, 'server.log'), 'w');
    this.server = spawn(process.execPath, [...base, '--auth', 'none', '--bind-addr', `127.0.0.1:${this.port}`,
      '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      { env: this.environment, stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
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
        '--disable-component-update', '--disable-sync'],
    });
  }

  #pack(folder) {
    const vsix = path.join(this.folder, `${path.basename(folder)}.vsix`);
    const vsce = path.join(ROOT, 'vscode-client/node_modules/@vscode/vsce/vsce');
    execFileSync(process.execPath, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix],
      { cwd: folder, env: this.environment, stdio: 'pipe' });
    return vsix;
  }

  /** Writes the machine's setting `prebake.interpreter`; VS Code notices while it runs. */
  setInterpreter(interpreter) {
    const settings = interpreter === undefined ? {} : { 'prebake.interpreter': interpreter };
    fs.writeFileSync(path.join(this.data, 'Machine/settings.json'), JSON.stringify(settings));
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

  /** Opens a project folder in a window of its own, with one of its files in the editor. */
  async open(folder, file) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.route('**/*', (route) => {
      const url = new URL(route.request().url());
      return url.hostname === '127.0.0.1' || !url.protocol.startsWith('http') ? route.continue() : route.abort();
    });
    const payload = JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${this.port}${path.join(folder, file)}`]]);
    await page.goto(`http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(payload)}`);
    await page.waitForSelector('.monaco-workbench', { timeout: WAIT });
    const window = new Window(this, page);
    await window.text.waitFor({ timeout: WAIT });
    return window;
  }

  /** Process ids of the language servers that run from this editor's copy of the extension. */
  servers() {
    return fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).filter((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return line.some((word) => word.startsWith(this.extensions) && word.endsWith('launch.py')) && !line.includes('--probe');
      } catch {
        return false;
      }
    }).map(Number);
  }

  /** The text of the extension's log, of every window so far. */
  log() {
    const logs = path.join(this.data, 'logs');
    return fs.readdirSync(logs, { recursive: true })
      .filter((file) => path.basename(file) === 'prebake.log')
      .map((file) => fs.readFileSync(path.join(logs, file), 'utf8')).join('');
  }

  /** Ends every process and removes every file of this editor. */
  async close() {
    await this.browser?.close();
    if (this.server && this.server.exitCode === null) {
      const ended = new Promise((resolve) => this.server.once('exit', resolve));
      process.kill(-this.server.pid, 'SIGTERM');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
      try {
        process.kill(-this.server.pid, 'SIGKILL');
      } catch {
        // The whole group has ended already.
      }
    }
    if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
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

/** One window: what a user sees and does in it. */
export class Window {
  constructor(editor, page) {
    this.editor = editor;
    this.page = page;
    this.pane = page.locator('.editor-instance .monaco-editor').first();
    this.text = this.pane.locator('.view-lines');
    this.squiggles = page.locator('.squiggly-warning, .squiggly-error, .squiggly-info');
    this.menu = page.locator('.action-widget:not(.action-list-submenu-panel)').first();
  }

  line(text) {
    return this.pane.locator('.view-line', { hasText: text }).first();
  }

  async waitForSquiggle() {
    await this.squiggles.first().waitFor({ state: 'attached', timeout: WAIT });
  }

  async waitForNoSquiggle() {
    await until('the squiggles to go', async () => (await this.squiggles.count()) === 0);
  }

  /** Hovers over the first word of a line until the hover holds `expected`; gives the hover's text. */
  async hover(lineText, expected) {
    const hover = this.page.locator('.monaco-hover:visible', { hasText: expected }).first();
    for (let attempt = 0; ; attempt++) {
      // A single mouse-over can be lost while the workbench is still laying out.
      await this.page.mouse.move(700, 600);
      await this.line(lineText).locator('span').first().hover();
      try {
        await hover.waitFor({ timeout: 6_000 });
        return await hover.innerText();
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }

  /** Opens the quick fixes at a line until one of them matches; gives its locator. */
  async quickFix(lineText, title) {
    const item = this.menu.locator('.monaco-list-row.action', { hasText: title }).first();
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press('Escape');
      await this.line(lineText).click({ position: { x: 10, y: 8 } });
      await this.page.keyboard.press('Control+.');
      try {
        await item.waitFor({ timeout: 6_000 });
        return item;
      } catch (error) {
        if (attempt === 5) throw new Error(`no fix like ${title}: ${JSON.stringify(await this.menu.allInnerTexts())}`, { cause: error });
      }
    }
  }

  /** Runs Fix All at a line until another line shows its effect. */
  async fixAll(lineText, effect) {
    for (let attempt = 0; ; attempt++) {
      await this.line(lineText).click({ position: { x: 10, y: 8 } });
      await this.command('Fix All');
      try {
        return await this.line(effect).waitFor({ timeout: 6_000 });
      } catch (error) {
        // VS Code drops what it asked for when diagnostics change before the answer, such as when sizes become known.
        if (attempt === 5) throw error;
      }
    }
  }

  async save() {
    await this.page.keyboard.press('Control+s');
    await this.page.locator('.tab.dirty').waitFor({ state: 'detached', timeout: WAIT });
  }

  /** Saves every file that has unsaved changes. */
  async saveAll() {
    await this.command('File: Save All');
    await this.page.locator('.tab.dirty').waitFor({ state: 'detached', timeout: WAIT });
  }

  async command(title) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ timeout: WAIT });
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor({ timeout: WAIT });
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden', timeout: WAIT });
  }

  /** Texts of the error notifications that are on the screen. */
  errors() {
    return this.page.locator('.notification-toast .notification-list-item', { has: this.page.locator('.codicon-error') })
      .locator('.notification-list-item-message').allInnerTexts();
  }

  async close() {
    await this.page.context().close();
  }
}
