// What a user of the extension sees and gets, in a real VS Code.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Editor, reasonToSkip, until } from './editor.mjs';
import { slowProject } from './project.mjs';

const read = (...parts) => fs.readFileSync(path.join(...parts), 'utf8');

/** Position of the line of `text` that starts with each of `starts`. */
const order = (text, ...starts) => starts.map((start) => text.split('\n').findIndex((line) => line.startsWith(start)));

describe('the extension', { skip: reasonToSkip() }, () => {
  let editor, window;

  before(async () => {
    editor = await Editor.start();
  });
  after(() => editor?.close());
  afterEach(async (context) => {
    if (context.error) context.diagnostic(`evidence in ${await editor.keepEvidence(context.name)}`);
    await window?.close();
    window = undefined;
    await until('the server to end with its window', () => editor.servers().length === 0);
  });

  const open = async (name, files, file = 'Dockerfile') => {
    const folder = editor.project(name, files);
    window = await editor.open(folder, file);
    return folder;
  };

  test('underlines the COPY, explains it, and moves it below the install', async () => {
    const folder = await open('sink', slowProject);
    await window.waitForSquiggle();
    const hover = await window.hover('COPY . .', 'PB201');
    assert.match(hover, /PB201/);

    await (await window.quickFix('COPY . .', /PB201|sink|below|after the install|install/i)).click();
    await window.line('COPY requirements.txt').waitFor();
    await window.save();
    const text = await until('the file on disk', () => {
      const saved = read(folder, 'Dockerfile');
      return saved === slowProject.Dockerfile ? undefined : saved;
    });
    const [manifest, install, code] = order(text, 'COPY requirements.txt', 'RUN pip install', 'COPY . .');
    assert.ok(0 < manifest && manifest < install && install < code, text);
  });

  test('creates the ignore file that is missing', async () => {
    const folder = await open('create', slowProject);
    await window.waitForSquiggle();
    await (await window.quickFix('COPY . .', /\.dockerignore/)).click();
    await until('the ignore file', () => fs.existsSync(path.join(folder, '.dockerignore')));
    await window.saveAll();
    const patterns = await until('its patterns', () => read(folder, '.dockerignore'));
    assert.match(patterns, /^(\*\*\/)?\.venv\/?$/m);
    assert.equal(read(folder, 'Dockerfile'), slowProject.Dockerfile);
  });

  test('fixes all that is safe with one command', async () => {
    const folder = await open('fix-all', slowProject);
    await window.waitForSquiggle();
    await window.fixAll('COPY . .', 'COPY requirements.txt');
    await window.save();
    assert.ok(!read(folder, 'Dockerfile').includes('download'), 'a fix that is only suggested was applied');
    assert.ok(!fs.existsSync(path.join(folder, '.dockerignore')));
  });

  test('follows the text while it is typed, before it is saved', async () => {
    const files = {
      'Dockerfile': 'FROM python:3.12-slim\nWORKDIR /app\n\nRUN pip install --no-cache-dir -r requirements.txt\n',
      '.dockerignore': '.git\n.venv\n',
      'requirements.txt': 'requests==2.32.0\n',
      'serve.py': 'print("ready")\n',
    };
    const folder = await open('typing', files);
    await until('the server', () => editor.servers().length === 1);
    await window.line('WORKDIR').click();
    await window.page.keyboard.press('End');
    await window.page.keyboard.type('\nCOPY . .');
    await window.waitForSquiggle();
    await window.page.keyboard.press('Shift+Home');
    await window.page.keyboard.press('Delete');
    await window.waitForNoSquiggle();
    assert.equal(read(folder, 'Dockerfile'), files.Dockerfile);
  });

  test('starts a new server on request', async () => {
    await open('restart', slowProject);
    await window.waitForSquiggle();
    const [first] = editor.servers();
    await window.command('prebake: Restart Server');
    await until('another server', () => editor.servers().length === 1 && editor.servers()[0] !== first);
    await window.waitForSquiggle();
    assert.deepEqual(await window.errors(), []);
  });

  test('starts a server that died once more, and tells of the second death once', async () => {
    await open('crash', slowProject);
    await window.waitForSquiggle();
    const [first] = editor.servers();
    process.kill(first, 'SIGKILL');
    const second = await until('another server', () => editor.servers().find((pid) => pid !== first));
    await until('its start', () => editor.log().includes('started once more'));
    assert.deepEqual(await window.errors(), []);
    await window.waitForSquiggle();

    process.kill(second, 'SIGKILL');
    const errors = await until('the message', async () => {
      const shown = await window.errors();
      return shown.length > 0 && shown;
    });
    assert.equal(errors.length, 1);
    assert.match(errors[0], /ended unexpectedly/);
    assert.deepEqual(editor.servers(), []);
  });

  test('says once that the interpreter is wrong, and starts when it is put right', async () => {
    editor.setInterpreter('/no/such/python');
    try {
      await open('interpreter', slowProject);
      const errors = await until('the message', async () => {
        const shown = await window.errors();
        return shown.length > 0 && shown;
      });
      assert.equal(errors.length, 1);
      assert.match(errors[0], /prebake\.interpreter.*\/no\/such\/python/);
      await window.page.locator('.notification-toast', { hasText: 'Open Setting' }).first().waitFor();
      assert.equal(await window.squiggles.count(), 0);
    } finally {
      editor.setInterpreter(undefined);
    }
    await window.waitForSquiggle();
    assert.equal(editor.servers().length, 1);
  });

  test('says once that the server does not start, and does not try again by itself', async () => {
    const started = path.join(editor.folder, 'started');
    const python = path.join(editor.folder, 'ends-at-once');
    fs.writeFileSync(python, `#!/bin/sh
case "$*" in
  *--probe*) exec python3 "$@" ;;
  *) echo start >> '${started}' ;;
esac
`, { mode: 0o755 });
    editor.setInterpreter(python);
    try {
      await open('no-start', slowProject);
      const errors = await until('the message', async () => {
        const shown = await window.errors();
        return shown.length > 0 && shown;
      });
      assert.equal(errors.length, 1);
      assert.match(errors[0], /did not start/);
      assert.equal(read(started), 'start\n');
    } finally {
      editor.setInterpreter(undefined);
    }
    await window.waitForSquiggle();
  });

  test('takes over settings of the workspace as they change', async () => {
    const folder = await open('settings', { ...slowProject, '.vscode/settings.json': '{"prebake.select": ["PB201"]}' });
    const settings = path.join(folder, '.vscode/settings.json');
    await window.waitForSquiggle();
    fs.writeFileSync(settings, '{"prebake.ignore": ["PB"]}');
    await window.waitForNoSquiggle();
    fs.writeFileSync(settings, '{}');
    await window.waitForSquiggle();
  });

  test('waits for a Dockerfile before it starts a server', async () => {
    await open('waiting', { '.gitignore': '*.pyc\n', 'app.py': 'print("hello")\n' }, '.gitignore');
    await until('the activation', () => editor.log().includes('waits for a Dockerfile'));
    assert.deepEqual(editor.servers(), []);
  });
});

describe('the extension beside the Python Environments extension', { skip: reasonToSkip() }, () => {
  let editor, folder;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prebake-pythons-'));
    for (const name of ['first', 'second']) {
      fs.writeFileSync(path.join(folder, name), '#!/bin/sh\nexec python3 "$@"\n', { mode: 0o755 });
    }
    editor = await Editor.start({
      beside: path.join(import.meta.dirname, 'python-environments'),
      environment: { STAND_IN_FIRST: path.join(folder, 'first'), STAND_IN_SECOND: path.join(folder, 'second') },
    });
  });
  after(async () => {
    await editor?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('runs with the interpreter selected there, and follows another selection', async (context) => {
    try {
      const window = await editor.open(editor.project('environments', slowProject), 'Dockerfile');
      await window.waitForSquiggle();
      const [first] = editor.servers();
      assert.match(editor.log(), new RegExp(`starting with ${folder}/first \\(Python Environments`));
      await window.command('Select the Second Interpreter');
      await until('another server', () => editor.servers().some((pid) => pid !== first));
      await until('its log', () => editor.log().includes(`starting with ${folder}/second`));
      await until('the end of the first', () => !editor.servers().includes(first));
      await window.waitForSquiggle();
    } catch (error) {
      context.diagnostic(`evidence in ${await editor.keepEvidence(context.name)}`);
      throw error;
    }
  });
});

describe('the extension in an untrusted workspace', { skip: reasonToSkip() }, () => {
  let editor;

  before(async () => {
    editor = await Editor.start({ trusted: false });
  });
  after(() => editor?.close());

  test('works, and never starts the interpreter that the workspace names', async (context) => {
    const marker = path.join(editor.folder, 'was-run');
    const folder = editor.project('untrusted', slowProject);
    const python = path.join(folder, 'python');
    fs.writeFileSync(python, `#!/bin/sh\ntouch '${marker}'\nexec python3 "$@"\n`, { mode: 0o755 });
    fs.mkdirSync(path.join(folder, '.vscode'));
    fs.writeFileSync(path.join(folder, '.vscode/settings.json'), JSON.stringify({ 'prebake.interpreter': python }));
    try {
      const window = await editor.open(folder, 'Dockerfile');
      await window.waitForSquiggle();
      await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).first().waitFor();
    } catch (error) {
      context.diagnostic(`evidence in ${await editor.keepEvidence(context.name)}`);
      throw error;
    }
    assert.equal(editor.servers().length, 1);
    assert.ok(!fs.existsSync(marker), 'the interpreter of the untrusted workspace was started');
  });
});
