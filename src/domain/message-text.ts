import type { Publication } from '../ports/broadcast-port.js';

/** A message's text whole, in the way that a broadcaster puts it together; offset 0 stands for none. */
export function messageText({ head, tail }: Publication, offset: number): string {
  return offset === 0 ? head + tail : `${head},"offset":${offset}${tail}`;
}
