import type { Batch } from '../../ports/frame.js';

const encoder = new TextEncoder();

/** A batch of these frames. */
export function batch(...texts: readonly string[]): Batch {
  return { frames: texts.map((text) => encoder.encode(text)) };
}

/** A frame's text with a number in it, padded to a size in bytes where one is given. */
export function numbered(n: number, bytes = 0): string {
  const bare = JSON.stringify({ n, pad: '' });
  return JSON.stringify({ n, pad: 'x'.repeat(Math.max(0, bytes - bare.length)) });
}

/** The numbers `from..to`. */
export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Text of so many bytes, in characters of one to four bytes. */
export function textOfBytes(bytes: number): string {
  const sample = 'aé€😀';
  const full = sample.repeat(Math.floor(bytes / 10));
  return full + 'b'.repeat(bytes - Math.floor(bytes / 10) * 10);
}
