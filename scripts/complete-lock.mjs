// Completes package-lock.json: node scripts/complete-lock.mjs
//
// Packages with native parts name one optional package a platform. A registry that has not got all of them lets
// `npm install` leave the others out of the lock file, and `npm ci` then refuses it everywhere. This writes them in, with
// the platform that their name tells, so that npm skips them where they don't fit.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = [];

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (places(path, name).some((place) => place in lock.packages)) continue;
    lock.packages[`node_modules/${name}`] = platformPackage(name, version, entry);
    added.push(`${name}@${version}`);
  }
}

if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`${added.length} packages added to package-lock.json ${added.join(' ')}`);

/** Where node would look for a package from this path, nearest first. */
function places(path, name) {
  const parents = path
    .split('/node_modules/')
    .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'));
  return ['', ...parents].map((parent) => `${parent}${parent ? '/' : ''}node_modules/${name}`);
}

function platformPackage(name, version, { dev, license, engines }) {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (!/^\d/.test(version) || os.length + cpu.length === 0)
    throw new Error(`No platform in the name ${name}@${version}`);
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : ['glibc'];
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(os.includes('linux') && words.some((word) => /^(gnu|musl)/.test(word)) && { libc }),
    ...(license && { license }),
    optional: true,
    ...(os.length > 0 && { os }),
    ...(engines && { engines }),
  };
}
