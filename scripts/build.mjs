// Builds dist/ from src/: the server with declarations and source maps, then the chat page for browsers.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The native compiler's own program: `node_modules/.bin/tsc` may be that of another version. */
function compiler() {
  const manifest = createRequire(import.meta.url).resolve('@typescript/native/package.json');
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
}

function compile(project) {
  const { status, error } = spawnSync(process.execPath, [compiler(), '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`compiling ${project} failed${error ? `: ${error.message}` : ''}`);
}

function copyPage() {
  const source = join(root, 'src/page');
  const files = readdirSync(source).filter((name) => /\.(html|css|svg)$/.test(name));
  for (const name of files) cpSync(join(source, name), join(root, 'dist/page', name));
}

function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
compile('tsconfig.build.json');
compile('src/page/tsconfig.json');
copyPage();

for (const file of [...Object.values(bin), 'dist/page/index.html', 'dist/page/main.js']) {
  if (!existsSync(join(root, file))) fail(`expected ${file} to be made, got nothing`);
}
for (const file of Object.values(bin)) {
  if (!readFileSync(join(root, file), 'utf8').startsWith('#!'))
    fail(`expected ${file} to begin with #!, or no shell runs it`);
  chmodSync(join(root, file), 0o755);
}
