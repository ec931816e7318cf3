import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const builds = join(here, '.build');
const compiler = process.env.CC ?? 'cc';
const flags = ['-O2', '-std=gnu11', '-Wall'];

/** @type {Map<string, Promise<string | undefined>>} */
const made = new Map();

/**
 * Compiles bench/<name>.c, unless that very source is compiled already.
 *
 * @param {string} name
 * @returns {Promise<string | undefined>} the program's path; `undefined` where there is no compiler
 * @throws where the source does not compile: with what the compiler said
 */
export function compile(name) {
  const making = made.get(name) ?? make(name);
  made.set(name, making);
  return making;
}

async function make(name) {
  const source = join(here, `${name}.c`);
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update(`${compiler} ${flags.join(' ')} ${process.arch}`);
  const program = join(builds, `${name}-${key.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(builds, { recursive: true });
  // Under a name of its own until it is whole: another run may be looking for it.
  const unfinished = `${program}.${process.pid}`;
  try {
    await run(compiler, [...flags, '-o', unfinished, source, '-lm']);
    renameSync(unfinished, program);
    return program;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`${name}.c does not compile:\n${error.stderr || error.message}`, { cause: error });
  } finally {
    rmSync(unfinished, { force: true });
  }
}
