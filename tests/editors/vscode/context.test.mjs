// What a user sees of the build context: above FROM and the ignore file, at a pattern, and while a source is typed.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { slowProject, within } from './project.mjs';
import { read, suite } from './suite.mjs';
import { until } from './window.mjs';

suite('the build context', {}, (user) => {
  let window;

  before(async () => {
    window = await user.open('context', { ...slowProject, '.dockerignore': '.venv\n' });
    await window.waitForSquiggle();
  });
  afterEach(() => window.closeFiles());
  after(() => user.close());

  test('is summed up above FROM and above the ignore file', async () => {
    await window.openFile('Dockerfile');
    await until('the lens', async () => /\d+ B|kB/.test((await window.lenses()).join()));
    await window.openFile('.dockerignore');
    const [lens] = await until('the lens', async () => {
      const shown = await window.lenses();
      return /sends/.test(shown.join()) && shown;
    });
    assert.match(lens, /^sends .+ in \d files of 2\.0 MB; Dockerfile$/);
    assert.match(await window.hover('.venv', /leaves out/), /2\.0 MB in 2 files/);
  });

  test('is offered with its sizes while a source of COPY is typed', async () => {
    await window.openFile('Dockerfile');
    await window.typeAfter('WORKDIR', '\nCOPY req');
    await window.complete('requirements.txt', /\d+ B/);
    await window.line('COPY requirements.txt').waitFor();
    assert.equal(read(user.folder, 'Dockerfile'), slowProject.Dockerfile);
  });

  test('is shown while it is measured, in the status bar', async () => {
    // So many folders that looking into them takes a while anywhere, and where VS Code does not watch: that would cost more.
    const file = (number) => `node_modules/${number % 100}/${number}/index.js`;
    const many = Object.fromEntries(Array.from({ length: 25_000 }, (_, number) => [file(number), '']));
    user.editor.project('context', { 'large/Dockerfile': 'FROM scratch\nCOPY . /\n', ...within('large', many) });
    const texts = await window.statusTexts();
    await window.openFile('large/Dockerfile');
    await until('the progress', async () => (await texts()).some((text) => /prebake [\d,]+ files/.test(text)));
    await until('its end', async () => /prebake( \d+)?$/.test(await window.status.innerText()));
  });
});
