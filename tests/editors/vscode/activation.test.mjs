// What the extension costs where there is nothing for it to do, and how it introduces itself.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { slowProject, within } from './project.mjs';
import { suite } from './suite.mjs';
import { until } from './window.mjs';

suite('activation', {}, (user) => {
  afterEach(() => user.close());

  test('does not happen for Python, shell, compose and ignore files alone, and the walkthrough has its pictures even so', async () => {
    const window = await user.open('without', {
      'app.py': 'print("hello")\n',
      'run.sh': '#!/bin/sh\npython app.py\n',
      'compose.yaml': 'services:\n  db:\n    image: postgres:17\n',
      '.gitignore': '*.pyc\n',
      'docs/Dockerfile.md/page.txt': 'about Dockerfiles\n',
      'node_modules/a/b/c/d/Dockerfile': 'FROM scratch\n',
    }, 'app.py');
    for (const file of ['run.sh', 'compose.yaml', '.gitignore']) await window.openFile(file);
    await until('the end of the search for files that activate extensions', () => user.editor.isSettled());
    assert.deepEqual(user.editor.activations(), []);
    assert.deepEqual(user.editor.servers(), []);
    assert.equal(await window.status.count(), 0);

    // What it has to show of itself needs no server.
    await window.quickInput('>Welcome: Open Walkthrough...', 'Open Walkthrough');
    await window.choose('Get started with prebake');
    const page = window.page.locator('.gettingStartedContainer');
    for (const step of ['See what a build costs', 'Repair it', 'See what is sent', 'Repair on save', 'When something is wrong']) {
      await page.getByText(step, { exact: true }).first().click();
      const picture = page.locator('.getting-started-media img');
      await until(`the picture of ${step}`, () => picture.evaluate((image) => image.complete && image.naturalWidth > 0).catch(() => false));
    }
    await window.command('prebake: Show Log');
    await until('the activation', () => user.editor.log().includes('waits for a Dockerfile'));
    assert.deepEqual(user.editor.servers(), []);
  });

  test('happens for a Dockerfile in a folder of the workspace, whose problems are listed before it is opened', async () => {
    const window = await user.open('below', { 'README.md': '# A project\n', ...within('services/api', slowProject) }, 'README.md');
    await until('the server', () => user.editor.servers().length === 1);
    assert.match(user.editor.activations().at(-1), /workspaceContains/);
    const problems = window.page.locator('[id="status.problems"] a');
    await until('the list of problems', async () => /Warnings: 3/.test(await problems.getAttribute('aria-label')));
    assert.equal(await window.status.isVisible(), false, 'the state of the server is shown beside a README');
  });
});
