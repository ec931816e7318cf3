import type { Publication } from '../../ports/broadcast-port.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

let made = 0;

/** A publication with an id of its own; `text` is its content, `once` the key under which it may be repeated. */
export function message(text: string, once?: string): Publication {
  made += 1;
  const id = `m_${made}`;
  const publication = {
    id,
    ts: 1_790_000_000_000 + made,
    head: `{"type":"chat","id":"${id}"`,
    tail: `,"data":${JSON.stringify(text)}}`,
  };
  return once === undefined ? publication : { ...publication, once: { key: once, content: text } };
}

/** `count` messages, told apart by a number behind `label`. */
export function messages(label: string, count: number): Publication[] {
  return Array.from({ length: count }, (_, index) => message(`${label} ${index + 1}`));
}

/** How the record shows that a message was told with this offset. */
export function line(publication: Publication, offset: number): string {
  return frameLine(offset, utf8(frameText(publication, offset)));
}

/** The lines of messages told in a row. */
export function lines(publications: readonly Publication[], first: number): string[] {
  return publications.map((publication, index) => line(publication, first + index));
}

/** The frame that a message must become; offset 0 stands for a broadcaster that keeps no log. */
export function frameText(publication: Publication, offset: number): string {
  const middle = offset === 0 ? '' : `,"offset":${offset}`;
  return publication.head + middle + publication.tail;
}

export function frameLine(offset: number, frame: Uint8Array): string {
  return `#${offset} ${text(frame)}`;
}

export function utf8(value: string): Uint8Array {
  return encoder.encode(value);
}

/** Bytes that are no UTF-8 are shown as hexadecimal digits, so that a broken frame is still told from another. */
export function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return `bytes ${hex(bytes)}`;
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
