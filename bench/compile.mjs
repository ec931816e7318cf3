import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const builds = join(here, '.build');
const compiler = process.env.CC ?? 'cc';
const usual = ['-O2', '-std=gnu11', '-Wall'];

/** @type {Map<string, Promise<string | undefined>>} */
const made = new Map();

/**
 * Compiles bench/<name>.c, unless that very source is compiled already.
 *
 * @param {string} name
 * @param {string[]} [more] flags beside the usual ones
 * @returns {Promise<string | undefined>} the program's path; `undefined` where there is no compiler
 * @throws where the source does not compile: with what the compiler said
 */
export function compile(name, more = []) {
  const making = made.get(name) ?? make(name, [...usual, ...more]);
  made.set(name, making);
  return making;
}

async function make(name, flags) {
  const source = join(here, `${name}.c`);
  const headers = readdirSync(here).filter((file) => file.endsWith('.h'));
  const key = createHash('sha256').update(`${compiler} ${flags.join(' ')} ${process.arch}`);
  for (const file of [source, ...headers.sort().map((header) => join(here, header))]) key.update(readFileSync(file));
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
