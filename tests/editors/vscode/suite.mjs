// What the suites do alike: an editor, a window in it, and evidence of what went wrong.
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { Editor, reasonToSkip } from './editor.mjs';
import { until } from './window.mjs';

/** The text of a file. */
export const read = (...parts) => fs.readFileSync(path.join(...parts), 'utf8');

/**
 * Tests of one subject, with an editor of their own.
 *
 * @param options those of `Editor.start`.
 * @param define called with `user`, which holds the `editor` and offers `open(name, files, file, workspace)`, a window with a
 *   project, and `close()`.
 */
export function suite(name, options, define) {
  describe(name, { skip: reasonToSkip() }, () => {
    const user = {
      async open(project, files, file = 'Dockerfile', workspace = undefined) {
        user.folder = user.editor.project(project, files);
        user.window = await user.editor.open(user.folder, file, workspace);
        return user.window;
      },
      async close() {
        await user.window?.close();
        user.window = undefined;
        await until('the server to end with its window', () => user.editor.servers().length === 0);
      },
    };
    before(async () => {
      user.editor = await Editor.start(options);
    });
    afterEach(async (context) => {
      if (context.error) context.diagnostic(`evidence in ${await user.editor.keepEvidence(context.name)}`);
    });
    after(() => user.editor?.close());
    define(user);
  });
}

/** What went wrong when the server or its start failed: the texts of the error messages on the screen, once there are any. */
export function shownErrors(window) {
  return until('an error message', async () => {
    const shown = await window.errors();
    return shown.length > 0 && shown;
  });
}
