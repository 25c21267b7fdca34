// What a user gets from fixes: in the editor, and on disk once it is saved.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { slowProject, within } from './project.mjs';
import { read, suite } from './suite.mjs';
import { until } from './window.mjs';

const sunk = `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["python", "app.py"]
`;
const compose = 'services:\n  app:\n    build: .\n';
/** Number of the line of `text` that starts with each of `starts`. */
const order = (text, ...starts) => starts.map((start) => text.split('\n').findIndex((line) => line.startsWith(start)));
const projects = ['sink', 'keyboard', 'create', 'fix-all', 'on-save', 'ignore', 'elsewhere'];

suite('fixes', {}, (user) => {
  let window;
  const dockerfile = (project) => read(user.folder, project, 'Dockerfile');

  before(async () => {
    const files = Object.assign({}, ...projects.map((project) => within(project, slowProject)));
    files['elsewhere/compose.yaml'] = compose;
    window = await user.open('fixes', files, 'sink/Dockerfile');
  });
  afterEach(() => window.closeFiles());
  after(() => user.close());

  const open = async (project) => {
    await window.openFile(`${project}/Dockerfile`);
    await window.waitForSquiggle();
  };

  test('move the COPY below the install', async () => {
    await open('sink');
    await (await window.quickFix('COPY . .', /requirements\.txt/)).click();
    await window.line('COPY requirements.txt').waitFor();
    assert.equal(dockerfile('sink'), slowProject.Dockerfile, 'written before it is saved');
    await window.save();
    assert.equal(dockerfile('sink'), sunk);
  });

  test('are taken from the keyboard, the preferred one by one key', async () => {
    await open('keyboard');
    await window.autoFix('CMD', 'RUN hf download');
    await window.save();
    const text = dockerfile('keyboard');
    assert.equal(text.replace(/^(RUN hf download|ENV HF_).*\n/gm, ''), sunk);
    const [install, download, code] = order(text, 'RUN pip install', 'RUN hf download sentence-transformers/all-MiniLM-L6-v2', 'COPY . .');
    assert.ok(install < download && download < code, text);
  });

  test('create the ignore file that is missing', async () => {
    await open('create');
    await (await window.quickFix('COPY . .', /\.dockerignore/)).click();
    await until('the ignore file', () => fs.existsSync(path.join(user.folder, 'create/.dockerignore')));
    await window.saveAll();
    const patterns = await until('its patterns', () => read(user.folder, 'create/.dockerignore'));
    assert.match(patterns, /^(\*\*\/)?\.venv\/?$/m);
    assert.equal(dockerfile('create'), slowProject.Dockerfile);
    await window.openFile('create/Dockerfile');
    await until('the end of PB101', async () => !/PB101/.test(await window.hover('COPY . .', 'PB201')));
  });

  test('silence a finding where it stands', async () => {
    await open('ignore');
    await (await window.quickFix('COPY . .', 'Ignore PB201')).click();
    await until('the end of PB201', async () => !/PB201/.test(await window.hover('COPY . .', 'PB101')));
    await window.save();
    assert.equal(dockerfile('ignore'), slowProject.Dockerfile.replace('COPY', '# prebake: ignore[PB201]\nCOPY'));
  });

  test('of other files wait until the user has looked at them', async () => {
    await open('elsewhere');
    await (await window.quickFix('CMD', /compose/)).click();
    const preview = window.page.locator('.part.panel');
    await preview.locator('.edit-checkbox').first().check();
    assert.equal(read(user.folder, 'elsewhere/compose.yaml'), compose);
    await preview.locator('.monaco-button', { hasText: 'Apply' }).click();
    await until('the compose file in the editor', async () => (await window.page.locator('.tab.dirty').count()) > 0);
    await window.saveAll();
    await until('the compose file', () => /volumes:/.test(read(user.folder, 'elsewhere/compose.yaml')));
  });

  test('that are safe come all at once, and no other', async () => {
    await open('fix-all');
    await window.fixAll('COPY . .', 'COPY requirements.txt');
    await window.save();
    assert.equal(dockerfile('fix-all'), sunk);
    assert.ok(!fs.existsSync(path.join(user.folder, 'fix-all/.dockerignore')));
  });

  test('that are safe are made on save, for those who want that', async () => {
    fs.mkdirSync(path.join(user.folder, '.vscode'));
    const wish = { '[dockerfile]': { 'editor.codeActionsOnSave': { 'source.fixAll.prebake': 'explicit' } } };
    fs.writeFileSync(path.join(user.folder, '.vscode/settings.json'), JSON.stringify(wish));
    await open('on-save');
    await window.typeAfter('FROM', '\n# mine');
    await until('the fixed file on disk', async () => {
      await window.save();
      return dockerfile('on-save') === sunk.replace('WORKDIR', '# mine\nWORKDIR');
    });
    assert.ok(!fs.existsSync(path.join(user.folder, 'on-save/.dockerignore')));
  });
});
