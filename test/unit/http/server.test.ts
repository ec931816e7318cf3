import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer } from '../../../src/adapters/http/index.js';
import { GUARDS } from '../../support/guards.js';
import { exchange, listen, type RawAnswer } from './raw.js';

const server = createHttpServer((_request, response) => response.end('fine'));
let port: number;

beforeAll(async () => {
  port = await listen(server);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const outline = ({ status, headers, body }: RawAnswer): unknown => {
  expect(headers.get('connection')).toBe('close');
  for (const [name, value] of GUARDS) expect(headers.get(name)).toBe(value);
  expect(headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
  const { error }: { error: { code: string } } = JSON.parse(body);
  return [status, error.code];
};

describe('createHttpServer', () => {
  it('has limits for slow clients', () => {
    expect(server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      timeout: 60_000,
    });
  });

  it.each(['nonsense\r\n\r\n', '\u0016\u0003\u0001\u0002', 'GET / HTTP/9.9\r\n\r\n', 'GET /a b HTTP/1.1\r\n\r\n'])(
    'answers %j with 400',
    async (bytes) => {
      expect(outline(await exchange(port, bytes))).toStrictEqual([400, 'bad_request']);
    },
  );

  it('answers two lengths of a body with 400', async () => {
    const bytes = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(outline(await exchange(port, bytes))).toStrictEqual([400, 'bad_request']);
  });

  it('does not answer a second time where the body of an answered request is broken', async () => {
    const bytes = 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await exchange(port, (socket) => {
      socket.write(bytes);
      socket.once('data', () => socket.write('zz\r\n'));
    });
    expect([answer.status, answer.body]).toEqual([200, 'fine']);
  });

  it('answers what is broken behind a whole request', async () => {
    const answer = await exchange(port, (socket) => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      socket.once('data', () => socket.write('nonsense\r\n\r\n'));
    });
    expect(answer.body).toMatch(/^fineHTTP\/1.1 400 /);
  });

  it('answers headers over 16 KiB with 431, however much comes', async () => {
    for (const bytes of [17_000, 2_000_000]) {
      const answer = await exchange(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`);
      expect(outline(answer)).toStrictEqual([431, 'headers_too_large']);
    }
  });

  it('answers an Expect that it does not know with 417', async () => {
    const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n');
    expect(outline(answer)).toStrictEqual([417, 'expectation_failed']);
  });

  it('gives up on headers that do not end', async () => {
    expect(outline(await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n'))).toStrictEqual([408, 'timeout']);
  }, 20_000);

  it('lives through clients that vanish', async () => {
    for (const bytes of ['', 'GET', 'GET / HTTP/1.1\r\nHost: a\r\n', 'nonsense\r\n\r\n']) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(bytes, () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    const answer = await exchange(port, 'GET / HTTP/1.0\r\n\r\n');
    expect([answer.status, answer.body]).toStrictEqual([200, 'fine']);
  });
});
