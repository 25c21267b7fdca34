// The extension in a workspace that the user does not trust.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { slowProject } from './project.mjs';
import { suite } from './suite.mjs';

suite('an untrusted workspace', { trusted: false }, (user) => {
  after(() => user.close());

  test('has findings, and the interpreter that it names is never started', async () => {
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
    await window.command('prebake: Restart Server');
    await window.waitForSquiggle();
    assert.equal(user.editor.servers().length, 1);
    assert.ok(!fs.existsSync(marker), 'the interpreter of the untrusted workspace was started');
  });
});
