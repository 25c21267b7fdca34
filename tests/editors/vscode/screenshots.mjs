// Takes the pictures of docs/images anew, in a real VS Code: `make screenshots`. They are the README's, and those of the
// extension's page and walkthrough.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Editor } from './editor.mjs';
import { until } from './window.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const IMAGES = path.join(ROOT, 'docs/images');
const SIZE = { width: 1000, height: 560 };

fs.mkdirSync(IMAGES, { recursive: true });
const editor = await Editor.start();
try {
  const folder = path.join(editor.folder, 'slow-search');
  execFileSync(path.join(ROOT, '.venv/bin/python'),
    ['-c', 'import sys; from pathlib import Path; from scripts.demo_project import make_demo_project; make_demo_project(Path(sys.argv[1]))', folder],
    { cwd: ROOT });
  const window = await editor.open(folder, 'Dockerfile');
  await window.page.setViewportSize(SIZE);
  const picture = (name) => window.page.screenshot({ path: path.join(IMAGES, name), animations: 'disabled' });

  await window.waitForSquiggle();
  await until('the end of measuring', async () => (await window.status.locator('.codicon-warning').count()) > 0);
  await window.hover('COPY . /app', 'PB201');
  await picture('vscode-hover.png');
  await window.quickFix('COPY . /app', 'requirements.txt');
  await picture('vscode-quick-fix.png');
  await window.page.keyboard.press('Escape');
  await window.status.click();
  await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Restart Server' }).first().waitFor();
  await picture('vscode-status.png');
  await window.page.keyboard.press('Escape');

  await (await window.quickFix('COPY . /app', 'requirements.txt')).click();
  await window.line('COPY requirements.txt').waitFor();
  await (await window.quickFix('CMD', /at build time/)).click();
  await window.line('RUN hf download').waitFor();
  await (await window.quickFix('COPY . /app', /\.dockerignore/)).click();
  await window.waitForNoSquiggle();
  await window.saveAll();
  await until('the counts of problems to go', async () => (await window.page.locator('[aria-label*="problem in this file"]').count()) === 0);
  await picture('vscode-fixed.png');

  await window.openFile('.dockerignore');
  await window.page.locator('.codelens-decoration', { hasText: /(sends|lets in) [\d.]+ \w?B/ }).first().waitFor();
  await window.hover('.venv', /leaves out/);
  await picture('vscode-ignore-file.png');
} catch (error) {
  console.error(`evidence in ${await editor.keepEvidence('screenshots')}`);
  throw error;
} finally {
  await editor.close();
}
