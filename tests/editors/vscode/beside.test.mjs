// The extension beside others, which it asks for Python or leaves features to.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { slowProject } from './project.mjs';
import { suite } from './suite.mjs';
import { until } from './window.mjs';

const beside = (name) => path.join(import.meta.dirname, 'beside', name);
const pythons = fs.mkdtempSync(path.join(os.tmpdir(), 'prebake-pythons-'));
const [first, second] = ['first', 'second'].map((name) => path.join(pythons, name));

suite('beside other extensions', {
  beside: beside('python-environments'),
  environment: { STAND_IN_FIRST: first, STAND_IN_SECOND: second },
}, (user) => {
  before(async () => {
    for (const python of [first, second]) fs.writeFileSync(python, '#!/bin/sh\nexec python3 "$@"\n', { mode: 0o755 });
    await user.open('beside', slowProject);
  });
  after(async () => {
    await user.close();
    fs.rmSync(pythons, { recursive: true, force: true });
  });

  test('the server runs with the interpreter that Python Environments has selected, and follows another selection', async () => {
    const { window, editor } = user;
    await window.waitForSquiggle();
    const [server] = editor.servers();
    assert.ok(editor.log().includes(`starting with ${first} (Python Environments`));
    await window.command('Select the Second Interpreter');
    await until('another server', () => editor.servers().some((pid) => pid !== server));
    await until('its log', () => editor.log().includes(`starting with ${second}`));
    await until('the end of the first', () => !editor.servers().includes(server));
    await window.waitForSquiggle();
  });

  test("the outline is left to Docker's extension as soon as that is installed, findings are not", async () => {
    const { window, editor } = user;
    assert.ok((await window.symbols()).some((symbol) => symbol.includes('python:3.12-slim')));
    await window.quickInput('>Extensions: Install from VSIX...', 'Install from VSIX');
    await window.page.locator('.quick-input-widget .monaco-button', { hasText: 'Install' }).waitFor();
    await window.page.locator('.quick-input-widget input').first().fill(editor.pack(beside('docker')));
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'docker.vsix' }).waitFor();
    await window.page.keyboard.press('Enter');
    await until('the end of the outline', async () => (await window.symbols()).length === 0);
    await window.waitForSquiggle();
  });
});
