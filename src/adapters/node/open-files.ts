import { readFileSync } from 'node:fs';

/**
 * How many files and sockets this process may have open: `ulimit -n`, which Node raises to the hard limit when it starts.
 * `undefined` where there is no limit, and on other systems than Linux, which do not tell.
 */
export function openFilesLimit(): number | undefined {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
