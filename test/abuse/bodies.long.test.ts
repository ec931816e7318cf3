import { describe, expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { feed } from '../support/abuse/bodies.js';
import { PATIENCE_MS } from '../support/abuse/scale.js';

/** What a whole request may take, and two looks of the server at its clients. */
const REQUEST_MS = 30_000 + 5_000;
const pod = abusedPod();

const SIZED = 'Content-Length: 1000000000\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const bodies: readonly (readonly [name: string, header: string, piece: Buffer, everyMs: number])[] = [
  ['a byte a moment', SIZED, Buffer.from('x'), 500],
  ['a chunk of a byte a moment', CHUNKED, Buffer.from('1\r\nx\r\n'), 500],
  ['a head alone', SIZED, Buffer.alloc(0), 1000],
  ['chunks without end', CHUNKED, Buffer.from(`1000\r\n${'x'.repeat(0x1000)}\r\n`), 10],
];

describe('a body behind a GET, which is answered before it is read', () => {
  it.concurrent.each(bodies)(
    '%s: cut off when a request has taken its time',
    async (kind, header, piece, everyMs) => {
      const head = `GET /livez HTTP/1.1\r\nHost: chat.example\r\n${header}\r\n`;
      const endings = await Promise.all(Array.from({ length: 50 }, () => feed(pod.port, head, piece, everyMs)));
      for (const { status, ms } of endings) {
        expect(status).toBe(200);
        expect(ms).toBeLessThan(REQUEST_MS);
      }
      pod.tried(`bodies behind a GET: ${kind}`, endings.length);
    },
    PATIENCE_MS,
  );
});
