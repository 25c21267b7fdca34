// Workspaces of a special kind: not trusted, of several folders.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { slowProject, within } from './project.mjs';
import { suite } from './suite.mjs';
import { until } from './window.mjs';

suite('a workspace', { trusted: false }, (user) => {
  afterEach(() => user.close());

  test('that is not trusted has findings, and the interpreter that it names is never started', async () => {
    const marker = path.join(user.editor.folder, 'was-run');
    const python = path.join(user.editor.folder, 'projects/untrusted/python');
    const project = {
      ...slowProject,
      'python': `#!/bin/sh\ntouch '${marker}'\nexec python3 "$@"\n`,
      '.vscode/settings.json': JSON.stringify({ 'prebake.interpreter': python }),
    };
    user.editor.project('untrusted', project);
    fs.chmodSync(python, 0o755);
    const window = await user.open('untrusted', project);
    await window.waitForSquiggle();
    await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).first().waitFor();
    const [first] = user.editor.servers();
    await window.command('prebake: Restart Server');
    await until('another server', () => user.editor.servers().length === 1 && user.editor.servers()[0] !== first);
    await window.waitForSquiggle();
    assert.ok(!fs.existsSync(marker), 'the interpreter of the untrusted workspace was started');
  });

  test('of several folders has settings for each, and one server for all', async () => {
    const window = await user.open('several', {
      'all.code-workspace': JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }),
      ...within('one', { ...slowProject, '.vscode/settings.json': '{"prebake.select": ["PB301"]}' }),
      ...within('two', slowProject),
    }, 'one/Dockerfile', 'all.code-workspace');
    await window.waitForUnderlined('CMD ["python", "app.py"]');
    await window.openFile('two/Dockerfile');
    await window.waitForUnderlined('COPY . .', 'CMD ["python", "app.py"]');
    await window.openFile('one/Dockerfile');
    await window.waitForUnderlined('CMD ["python", "app.py"]');
    await until('one server', () => user.editor.servers().length === 1);
  });
});
