// Makes dist/: the extension in one file with the licences of what went into it, the pictures of the walkthrough, and the
// schema of configuration files.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

process.chdir(import.meta.dirname);
fs.rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  metafile: true,
  logLevel: 'warning',
});

const bundled = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
  if (found) bundled.add(found[0]);
}
const notices = [...bundled].sort().map((folder) => {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${fs.readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
});
fs.writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices.join(`\n${'-'.repeat(79)}\n\n`));

const images = '../docs/images';
fs.mkdirSync('dist/images');
const { walkthroughs } = JSON.parse(fs.readFileSync('package.json', 'utf8')).contributes;
for (const { media } of walkthroughs.flatMap((walkthrough) => walkthrough.steps)) {
  fs.copyFileSync(path.join(images, path.basename(media.image)), media.image);
}
fs.copyFileSync('../prebake.schema.json', 'dist/prebake.schema.json');
