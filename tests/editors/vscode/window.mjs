// One window of VS Code in a browser: what a user sees and does in it.
import path from 'node:path';

export const WAIT = 60_000;

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

/** A window with a project, and one of its files in the editor. */
export class Window {
  constructor(editor, page) {
    this.editor = editor;
    this.page = page;
    this.pane = page.locator('.editor-instance .monaco-editor').first();
    this.text = this.pane.locator('.view-lines');
    this.squiggles = page.locator('.squiggly-warning, .squiggly-error, .squiggly-info');
    this.status = page.locator('.statusbar-item[id="prebake.prebake.prebake.status"]');
    this.menu = page.locator('.action-widget:not(.action-list-submenu-panel)').first();
  }

  line(text) {
    return this.pane.locator('.view-line', { hasText: text }).first();
  }

  /** Opens a file of the workspace by its path, or the end of it, in the one editor that is open. */
  async openFile(file) {
    // Beside the name stands the folder: files of other folders may have the same name.
    const { base, dir } = path.parse(file);
    await this.quickInput(file, new RegExp(`${base.replaceAll('.', '\\.')}.*${dir}`));
    await this.page.locator('.tab.active', { hasText: path.basename(file) }).waitFor({ timeout: WAIT });
    await this.text.waitFor({ timeout: WAIT });
    await this.page.keyboard.press('Control+Home');
  }

  /** What is underlined: for each piece its text, its line and the severity that it is drawn with. */
  underlined() {
    return this.pane.evaluate((pane) => {
      const lines = [...pane.querySelectorAll('.view-lines .view-line')].map((line) => ({
        text: line.textContent.replaceAll('\u00a0', ' '),
        box: line.firstElementChild.getBoundingClientRect(),
      }));
      return [...pane.querySelectorAll('.squiggly-error, .squiggly-warning, .squiggly-info')].flatMap((squiggle) => {
        const box = squiggle.getBoundingClientRect();
        const middle = (box.top + box.bottom) / 2;
        const line = lines.find((one) => one.box.top <= middle && middle <= one.box.bottom);
        if (!line) return [];
        const width = line.box.width / line.text.length;
        const column = (x) => Math.round((x - line.box.left) / width);
        const severity = /squiggly-(\w+)/.exec(squiggle.className)[1];
        return [{ text: line.text.slice(column(box.left), column(box.right)), line: line.text, severity }];
      });
    });
  }

  /** Waits until just these texts are underlined, in any order; a text that is underlined twice counts once. */
  async waitForUnderlined(...texts) {
    const wanted = JSON.stringify(texts.toSorted());
    let last;
    try {
      await until('', async () => {
        last = JSON.stringify([...new Set((await this.underlined()).map((one) => one.text))].toSorted());
        return last === wanted;
      });
    } catch {
      throw new Error(`${last} is underlined, not ${wanted}`);
    }
  }

  async waitForSquiggle() {
    await this.squiggles.first().waitFor({ state: 'attached', timeout: WAIT });
  }

  async waitForNoSquiggle() {
    await until('the squiggles to go', async () => (await this.squiggles.count()) === 0);
  }

  /** Types at the end of the line with a text. */
  async typeAfter(lineText, text) {
    await this.line(lineText).click({ position: { x: 10, y: 8 } });
    await this.page.keyboard.press('End');
    await this.page.keyboard.type(text);
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

  /** Takes the preferred fix at a line from the keyboard until another line shows its effect. */
  autoFix(lineText, effect) {
    return this.#until(effect, async () => {
      await this.line(lineText).click({ position: { x: 10, y: 8 } });
      await this.page.keyboard.press('Alt+Shift+.');
    });
  }

  /** Runs the extension's Fix All until a line shows its effect. */
  fixAll(lineText, effect) {
    return this.#until(effect, async () => {
      await this.line(lineText).click({ position: { x: 10, y: 8 } });
      await this.command('prebake: Fix All That Is Safe');
    });
  }

  /** VS Code drops what it asked for when diagnostics change before the answer, such as when sizes become known. */
  async #until(effect, step) {
    for (let attempt = 0; ; attempt++) {
      await step();
      try {
        return await this.line(effect).waitFor({ timeout: 6_000 });
      } catch (error) {
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
    await this.quickInput(`>${title}`, title);
    await this.page.locator('.quick-input-widget input').first().waitFor({ state: 'hidden', timeout: WAIT });
  }

  /** Fills the box that F1 opens and takes the first entry with a text. */
  async quickInput(text, entry) {
    await this.page.keyboard.press('F1');
    await this.choose(entry, text);
  }

  /** Takes an entry of the list at the top, which is opened or about to be, after typing enough to find it. */
  async choose(entry, text = entry) {
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ timeout: WAIT });
    await input.fill(text);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: entry }).waitFor({ timeout: WAIT });
    await this.page.keyboard.press('Enter');
  }

  /** Drops unsaved changes and closes every editor. */
  async closeFiles() {
    await this.page.keyboard.press('Escape');
    while ((await this.page.locator('.tab').count()) > 0) {
      await this.command('Revert and Close Editor');
    }
  }

  /** Texts of the error notifications that are on the screen. */
  errors() {
    return this.page.locator('.notification-toast .notification-list-item', { has: this.page.locator('.codicon-error') })
      .locator('.notification-list-item-message').allInnerTexts();
  }

  /** The texts above lines that are not part of the file. */
  lenses() {
    return this.pane.locator('.codelens-decoration').allInnerTexts();
  }

  /** Asks for completion until one item has a label and, beside it, what is expected; takes it. */
  async complete(label, detail) {
    const item = this.page.locator('.suggest-widget .monaco-list-row', { hasText: label }).first();
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press('Control+Space');
      try {
        await item.filter({ hasText: detail }).waitFor({ timeout: 6_000 });
        await item.click();
        return await item.waitFor({ state: 'hidden' });
      } catch (error) {
        await this.page.keyboard.press('Escape');
        if (attempt === 5) throw error;
      }
    }
  }

  /** The names in the outline of the open file. */
  async symbols() {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.fill('@');
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor({ timeout: WAIT });
    const names = await rows.allInnerTexts();
    await this.page.keyboard.press('Escape');
    return names.filter((name) => !/no (editor )?symbol|does not provide|open a text editor/i.test(name));
  }

  /** Closes every notification. */
  async closeErrors() {
    if ((await this.page.locator('.notification-toast').count()) > 0) {
      await this.command('Notifications: Clear All Notifications');
    }
  }

  /** Whether the status item shows a failure. */
  async failed() {
    return (await this.status.locator('.codicon-error').count()) > 0;
  }

  /** A function that gives all texts of the status item from now on: what it shows of work that is soon done. */
  async statusTexts() {
    await this.page.evaluate(() => {
      globalThis.statusTexts = [];
      const note = () => globalThis.statusTexts.push(document.querySelector('[id="prebake.prebake.prebake.status"]')?.innerText ?? '');
      new MutationObserver(note).observe(document.querySelector('.part.statusbar'), { childList: true, subtree: true, characterData: true });
    });
    return () => this.page.evaluate(() => globalThis.statusTexts);
  }

  /** Clicks on the status item and takes one of what it offers. */
  async takeFromStatus(action) {
    await this.status.click();
    await this.choose(action);
  }

  async close() {
    await this.page.close();
  }
}
