// The server's life: restarted, killed, without a Python, with one that is upgraded; each failure is told once, with a
// way out.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { slowProject } from './project.mjs';
import { read, shownErrors, suite } from './suite.mjs';
import { until } from './window.mjs';

suite('the server', {}, (user) => {
  let window, editor;

  before(async () => {
    window = await user.open('server', slowProject);
    editor = user.editor;
  });
  beforeEach(async () => {
    await window.waitForSquiggle();
    await window.closeErrors();
    await until('one server', () => editor.servers().length === 1);
  });
  afterEach(() => {
    if (editor.interpreter()) editor.setInterpreter(undefined);
  });
  after(() => user.close());

  /** A program that starts Python, in the editor's folder. */
  const wrapper = (name, script = 'exec python3 "$@"') => {
    const file = path.join(editor.folder, name);
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };

  test('is replaced on request, without a reload of the window', async () => {
    const [first] = editor.servers();
    await window.command('prebake: Restart Server');
    await until('another server', () => editor.servers().length === 1 && editor.servers()[0] !== first);
    await window.waitForSquiggle();
    assert.deepEqual(await window.errors(), []);
  });

  test('is started once more when it dies, and the second death is told once, with a way out', async () => {
    const [first] = editor.servers();
    process.kill(first, 'SIGKILL');
    const second = await until('another server', () => editor.servers().find((pid) => pid !== first));
    await until('its start', () => editor.log().includes('started once more'));
    await until('the end of the start', async () => /prebake \d/.test(await window.status.innerText()));
    assert.deepEqual(await window.errors(), []);

    process.kill(second, 'SIGKILL');
    const errors = await shownErrors(window);
    assert.equal(errors.length, 1);
    assert.match(errors[0], /ended unexpectedly/);
    assert.deepEqual(editor.servers(), []);
    await until('the status', () => window.failed());

    await window.takeFromStatus('Restart Server');
    await window.waitForSquiggle();
    await until('the end of the error', async () => !(await window.failed()));
  });

  test('says once that the interpreter is wrong, and starts when it is put right', async () => {
    editor.setInterpreter('/no/such/python');
    try {
      const errors = await shownErrors(window);
      assert.equal(errors.length, 1);
      assert.match(errors[0], /prebake\.interpreter.*\/no\/such\/python does not exist/);
      await window.page.locator('.notification-toast', { hasText: 'Choose Python' }).first().waitFor();
      await window.waitForNoSquiggle();
      assert.ok(await window.failed());
    } finally {
      editor.setInterpreter(undefined);
    }
    await window.waitForSquiggle();
    assert.equal(editor.servers().length, 1);
  });

  test('has a log with levels, which holds each message for those who want that', async () => {
    assert.doesNotMatch(editor.log(), /\[trace\]/);
    await window.quickInput('>Developer: Set Log Level...', 'Set Log Level');
    await window.choose('prebake');
    await window.choose('Trace');
    await window.hover('COPY . .', 'PB201');
    await until('the message', () => /\[trace\].*textDocument\/hover/.test(editor.log()));
  });

  test('runs with the Python that is chosen from those that there are', async () => {
    await window.takeFromStatus('Choose Python');
    await window.choose('Python 3.');
    const setting = await until('the setting', () => editor.interpreter());
    assert.ok(fs.existsSync(setting), setting);
    await until('the start', () => editor.log().includes(`starting with ${setting} (prebake.interpreter)`));
  });

  test('says once that it does not start, and is not tried again by itself', async () => {
    const started = path.join(editor.folder, 'started');
    editor.setInterpreter(wrapper('ends-at-once', `case "$*" in *--probe*) exec python3 "$@" ;; *) echo start >> '${started}' ;; esac`));
    try {
      const errors = await shownErrors(window);
      assert.equal(errors.length, 1);
      assert.match(errors[0], /did not start/);
      assert.equal(read(started), 'start\n');
    } finally {
      editor.setInterpreter(undefined);
    }
  });

  test('says that its Python is gone, and comes back with it', async () => {
    const python = wrapper('upgraded');
    editor.setInterpreter(python);
    await until('the start', () => editor.log().includes(`starting with ${python}`));
    await window.waitForSquiggle();
    const [first] = editor.servers();
    fs.rmSync(python);
    const errors = await shownErrors(window);
    assert.match(errors[0], /upgraded does not exist/);
    await until('the end of the server', () => editor.servers().length === 0);
    wrapper('upgraded');
    await window.waitForSquiggle();
    assert.notEqual(editor.servers()[0], first);
  });

  test('is replaced without a word when its Python is upgraded in place', async () => {
    const python = wrapper('in-place');
    editor.setInterpreter(python);
    await until('the start', () => editor.log().includes(`starting with ${python}`));
    await window.waitForSquiggle();
    const [first] = editor.servers();
    fs.rmSync(python);
    wrapper('in-place', 'exec python3 "$@" # newer');
    await until('another server', () => editor.servers().length === 1 && editor.servers()[0] !== first);
    await window.waitForSquiggle();
    assert.deepEqual(await window.errors(), []);
  });
});
