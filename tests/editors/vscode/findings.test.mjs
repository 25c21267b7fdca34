// What a user sees of findings, and that it follows what is typed, saved and set.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { slowProject, within } from './project.mjs';
import { read, suite } from './suite.mjs';
import { until } from './window.mjs';

const tidy = {
  'Dockerfile': 'FROM python:3.12-slim\nWORKDIR /app\n\nRUN pip install --no-cache-dir -r requirements.txt\n',
  '.dockerignore': '.git\n.venv\n',
  'requirements.txt': 'requests==2.32.0\n',
  'serve.py': 'print("ready")\n',
};
const open = {
  'Dockerfile': 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n',
  '.dockerignore': '.git\n',
  '.venv/pyvenv.cfg': 'home = /usr/bin\n',
  '.venv/lib/big.bin': 'x'.repeat(500_000),
  'serve.py': 'print("ready")\n',
};
const baked = { ...slowProject, '.dockerignore': '.git\n.venv\n' };

suite('findings', {}, (user) => {
  let window;

  before(async () => {
    const files = { ...within('slow', slowProject), ...within('tidy', tidy), ...within('open', open), ...within('python', baked) };
    window = await user.open('findings', files, 'slow/Dockerfile');
  });
  afterEach(() => window.closeFiles());
  after(() => user.close());

  test('of each family are underlined at their instruction, counted, and explained', async () => {
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    const hover = await window.hover('COPY . .', 'PB201');
    assert.match(hover, /PB101/);
    assert.match(hover, /2(\.0)? MB/, 'no cost is named');
    assert.match(await window.hover('CMD', 'PB301'), /all-MiniLM-L6-v2/);
    await until('the count', async () => /prebake 3$/.test(await window.status.innerText()));
  });

  test('come and go while a Dockerfile is typed, before it is saved', async () => {
    await window.openFile('tidy/Dockerfile');
    await window.typeAfter('WORKDIR', '\nCOPY . .');
    await window.waitForUnderlined('COPY . .');
    await window.page.keyboard.press('Shift+Home');
    await window.page.keyboard.press('Delete');
    await window.waitForNoSquiggle();
    assert.equal(read(user.folder, 'tidy/Dockerfile'), tidy.Dockerfile);
  });

  test('come and go while an ignore file is typed, before it is saved', async () => {
    await window.openFile('open/Dockerfile');
    await window.waitForUnderlined('COPY . .');
    await window.openFile('open/.dockerignore');
    await window.typeAfter('.git', '\n.venv');
    await window.openFile('open/Dockerfile');
    await window.waitForNoSquiggle();
    assert.equal(read(user.folder, 'open/.dockerignore'), open['.dockerignore']);
  });

  test('follow an ignore file that another program writes', async () => {
    await window.openFile('open/Dockerfile');
    await window.waitForUnderlined('COPY . .');
    fs.writeFileSync(path.join(user.folder, 'open/.dockerignore'), '.git\n.venv\n');
    await window.waitForNoSquiggle();
    fs.writeFileSync(path.join(user.folder, 'open/.dockerignore'), open['.dockerignore']);
    await window.waitForUnderlined('COPY . .');
  });

  test('come and go while Python code is typed, before it is saved', async () => {
    await window.openFile('python/Dockerfile');
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    await window.openFile('python/app.py');
    await window.line('model = ').click({ position: { x: 10, y: 8 } });
    await window.page.keyboard.press('Home');
    await window.page.keyboard.type('# ');
    await window.openFile('python/Dockerfile');
    await window.waitForUnderlined('COPY . .');
    await window.openFile('python/app.py');
    await window.command('File: Revert File');
    await window.openFile('python/Dockerfile');
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    assert.equal(read(user.folder, 'python/app.py'), slowProject['app.py']);
  });

  test('follow the settings of the workspace and the configuration file of the project', async () => {
    const settings = path.join(user.folder, '.vscode/settings.json');
    fs.mkdirSync(path.dirname(settings));
    await window.openFile('slow/Dockerfile');
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    fs.writeFileSync(settings, '{"prebake.select": ["PB301"]}');
    await window.waitForUnderlined('CMD ["python", "app.py"]');
    fs.writeFileSync(settings, '{}');
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    fs.writeFileSync(path.join(user.folder, 'slow/prebake.toml'), 'ignore = ["PB301"]\n');
    await window.waitForUnderlined('COPY . .');
  });
});
