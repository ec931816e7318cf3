/**
 * The path that was probably meant by one that nobody serves: with slashes too many, in another case, or without the base
 * path. Paths are compared as sent everywhere, as in the rules of a proxy, so this is a hint alone.
 */
export function nearestPath(path: string, served: Iterable<string>): string | undefined {
  const wanted = tidy(path);
  if (wanted === '') return undefined;
  const candidates = [...served].map((one) => [one, tidy(one)] as const).filter(([, tidied]) => tidied !== '');
  const same = candidates.find(([, tidied]) => tidied === wanted);
  return (same ?? candidates.find(([, tidied]) => tidied.endsWith(wanted)))?.[0];
}

/** Without slashes that are doubled or at the end, in lower case. */
export function tidy(path: string): string {
  return path
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '')
    .toLowerCase();
}

/** What follows the words of a 404. */
export function hintAt(path: string | undefined): string {
  return path === undefined ? '' : `: did you mean ${path}?`;
}
