import { execFile } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compile } from '../compile.mjs';

const run = promisify(execFile);
const NEWER = 'GLIBC_2.38';
const VERSIONS_NEEDED = 0x6f_ff_ff_fe;
const MAY_BE_MISSING = 2;
const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;

/** @type {Promise<Record<string, string>> | undefined} */
let trying;

/**
 * The environment in which peers/uws.mjs can load uWebSockets.js here.
 *
 * Its binary is for some systems and versions of Node alone, and asks for glibc 2.38, though it uses no more of it than
 * three names of old functions. Where glibc is older (Debian 12, and so the images of Node), a copy of it is told that
 * this version may be missing, and isoc23.c provides the three.
 *
 * @throws where no way leads to it, with the reason
 */
export function uwsEnvironment() {
  trying ??= load({}).catch(async (error) => {
    const older = String(error.stderr).includes(`${NEWER}' not found`) && (await onOlderGlibc());
    if (older) return load(older);
    const where = `${process.platform} ${process.arch}, Node ${process.version}`;
    throw new Error(`no binary of uWebSockets.js loads here (${where})`, { cause: error });
  });
  return trying;
}

/** In a process of its own, which is free to crash. */
async function load(env) {
  const file = fileURLToPath(new URL('uws.mjs', import.meta.url));
  await run(process.execPath, [file], { env: { PATH: process.env.PATH, ONLY_LOAD: '1', ...env } });
  return env;
}

async function onOlderGlibc() {
  const library = await compile('isoc23', ['-shared', '-fPIC']);
  if (library === undefined) return undefined;
  const source = new URL(`../node_modules/@btc-vision/uwebsockets.js/${name}`, import.meta.url);
  const copy = fileURLToPath(new URL(`../.build/${name}`, import.meta.url));
  // Replaced as a whole: another run may have the old one loaded.
  const unfinished = `${copy}.${process.pid}`;
  writeFileSync(unfinished, withoutNeedOf(NEWER, readFileSync(source)));
  renameSync(unfinished, copy);
  return { UWS_BINARY: copy, LD_PRELOAD: library };
}

/** Marks a version in a 64-bit ELF file's table of needed versions as one that may be missing. */
function withoutNeedOf(version, file) {
  const sections = Number(file.readBigUInt64LE(0x28));
  const section = (index) => {
    const at = sections + index * file.readUInt16LE(0x3a);
    const [offset, link] = [Number(file.readBigUInt64LE(at + 0x18)), file.readUInt32LE(at + 0x28)];
    return { type: file.readUInt32LE(at + 4), offset, link };
  };
  const all = Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => section(index));
  const needed = all.find(({ type }) => type === VERSIONS_NEEDED);
  const names = all[needed.link].offset;
  const wanted = Buffer.from(`${version}\0`);
  for (const library of chain(file, needed.offset, 12)) {
    for (const entry of chain(file, library + file.readUInt32LE(library + 8), 12)) {
      const name = names + file.readUInt32LE(entry + 8);
      if (wanted.equals(file.subarray(name, name + wanted.length))) file.writeUInt16LE(MAY_BE_MISSING, entry + 4);
    }
  }
  return file;
}

/** The places of records that each tell at `next` how far it is to the one after. */
function* chain(file, first, next) {
  let at = first;
  for (;;) {
    yield at;
    const step = file.readUInt32LE(at + next);
    if (step === 0) return;
    at += step;
  }
}
