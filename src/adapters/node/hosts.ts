import type { IncomingMessage } from 'node:http';

/** How many `Host` headers a request has. Of several Node keeps the first, and a proxy may have judged by another. */
export function hostsOf({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
}
