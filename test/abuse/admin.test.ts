import { describe, expect, it } from 'vitest';
import { abusedPod, CANARY } from '../support/abuse/abused-pod.js';
import { feed } from '../support/abuse/bodies.js';
import { each, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { answerTo, faultOfAnswer } from '../support/abuse/upgrade-attacker.js';
import { RawWebSocket } from '../support/raw-websocket.js';

const KEY = 'canary-correct-horse-battery-staple';
const AT_ONCE = 16;
const BASE = '/api/chat-api';
const ADA = `${BASE}/users/ada/disconnect`;
/** In this time whoever sends a body that nobody reads is sent away, whatever else goes on. */
const SOON_MS = 5000;
// What it says at debug is looked at too.
const pod = abusedPod({ env: { API_KEY: KEY, LOG_LEVEL: 'debug' }, mayLog: ['connected', 'disconnected'] });

function request(target: string, authorization: string | undefined, method = 'POST', more = ''): string {
  const key = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: chat.example\r\n${key}${more}\r\n`;
}

const GOOD = `Bearer ${KEY}`;
const wrongKeys: readonly (string | undefined)[] = [
  undefined,
  '',
  'Bearer',
  'Bearer ',
  KEY,
  `Basic ${KEY}`,
  `Basic ${Buffer.from(`admin:${KEY}`).toString('base64')}`,
  `Bearer ${KEY.slice(0, -1)}`,
  `Bearer ${KEY.slice(1)}`,
  `Bearer ${KEY}x`,
  `Bearer ${KEY} x`,
  `Bearer ${KEY},`,
  `Bearer "${KEY}"`,
  `Bearer ${KEY.toUpperCase()}`,
  `Bearer ${KEY}, ${GOOD}`,
  `Bearer x\r\nAuthorization: ${GOOD}`,
  `Bearer ${'x'.repeat(12_000)}`,
  'Bearer \u00e4\u00f6',
  'Bearer undefined',
  'Bearer null',
  'Bearer *',
  'Bearer __proto__',
  `bearer\t${KEY}`,
  ...Array.from({ length: KEY.length }, (_, n) => `Bearer ${KEY.slice(0, n)}~${KEY.slice(n + 1)}`),
];

/** Paths that are none of the API's, or of nobody that there can be. */
const tricks: readonly string[] = `
  /users /users/ /users//disconnect /users/ada /users/ada/disconnect/ /users/ada/Disconnect /users/a/b/disconnect
  /users/ada/disconnect/x /users/ada/disconnect%00 /users/ada/disconnect;x=1 /users/ada%2fdisconnect
  /%75sers/ada/disconnect /users%2fada%2fdisconnect //users/ada/disconnect /../users/ada/disconnect
  /users/../users/ada/disconnect /users/ada/./disconnect /users/ada\\disconnect /ws/users/ada/disconnect
  /USERS/ada/disconnect /users/ada/disconnect# /users/%/disconnect /users/%zz/disconnect /users/%ff/disconnect
  /users/%C0%80/disconnect /users/%ED%A0%80/disconnect /%2e%2e/chat-api/users/ada/disconnect`
  .trim()
  .split(/\s+/)
  .concat('/users/\u0000/disconnect', '/users/a b/disconnect', '/users/a\tb/disconnect')
  .concat(['x', '%41'].map((one) => `/users/${one.repeat(256)}/disconnect`))
  .map((path) => `${BASE}${path}`);

/** What stands for something else elsewhere, and here at most for a user of that odd name. */
const odd: readonly string[] = '.. %2e%2e %2f %2e%2e%2f%2e%2e %00 a%00b %0d%0aX-Forged:1 * %25 __proto__ constructor'
  .split(' ')
  .concat(['guest-*', '%E2%80%AE', '%F0%9F%98%80'])
  .map((name) => `${BASE}/users/${name}/disconnect`);

/** What is wrong with the answer to a request. */
async function faultOf(text: string, statuses: readonly number[]): Promise<string | undefined> {
  const answer = await answerTo(pod.port, text);
  pod.tried('requests to the admin API');
  if (!statuses.includes(Number(answer.slice(9, 12)))) return `${answer.slice(0, 200)} to ${text.slice(0, 400)}`;
  if (!/^connection: close\r$/im.test(answer)) return `it stays open for ${text.slice(0, 400)}`;
  return faultOfAnswer(answer);
}

describe('who does not have the key', () => {
  it(
    'is refused in the same words, by whatever method and at whatever path',
    async () => {
      const faults = new Set<string>();
      const methods = ['POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
      const targets = [ADA, ...odd];
      await each(scaled(3000, 100_000), AT_ONCE, async (n) => {
        const method = methods[Math.floor(n / wrongKeys.length) % methods.length];
        const target = targets[n % targets.length] ?? ADA;
        const fault = await faultOf(request(target, wrongKeys[n % wrongKeys.length], method), [401]);
        if (fault) faults.add(fault);
      });
      expect([...faults]).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('gets nowhere by tricks with the path', async () => {
    const faults = new Set<string>();
    await each(scaled(10, 200) * tricks.length, AT_ONCE, async (n) => {
      const fault = await faultOf(request(tricks[n % tricks.length] ?? '', 'Bearer x'), [400, 401, 404, 405]);
      if (fault) faults.add(fault);
    });
    expect([...faults]).toEqual([]);
  });
});

describe('who has the key', () => {
  it('gets nowhere by tricks with the path either', async () => {
    const faults = new Set<string>();
    await each(scaled(10, 200) * tricks.length, AT_ONCE, async (n) => {
      const fault = await faultOf(request(tricks[n % tricks.length] ?? '', GOOD), [400, 404, 405]);
      if (fault) faults.add(fault);
    });
    expect([...faults]).toEqual([]);
  });

  it('sends away nobody but a user of just that name', async () => {
    const faults = new Set<string>();
    await each(scaled(10, 200) * odd.length, AT_ONCE, async (n) => {
      const fault = await faultOf(request(odd[n % odd.length] ?? '', GOOD), [200, 400]);
      if (fault) faults.add(fault);
    });
    expect([...faults]).toEqual([]);
  });

  it('has to say POST', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])
      expect(await faultOf(request(ADA, GOOD, method), [405])).toBeUndefined();
  });
});

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNK = Buffer.from(`4000\r\n${'x'.repeat(0x4000)}\r\n`);
const SIZED = 'Content-Length: 1000000000\r\n';
const MEGABYTE = Buffer.alloc(2 ** 20, 'x');

/** Bodies that nobody wants, and what they are answered where the key is good and a body is read. */
const bodies: readonly (readonly [name: string, head: string, piece: Buffer, everyMs: number, withKey: number])[] = [
  ['a byte a moment', SIZED, Buffer.from('x'), 100, 413],
  ['a chunk of a byte a moment', CHUNKED, Buffer.from('1\r\nx\r\n'), 100, 408],
  ['a head alone', SIZED, Buffer.alloc(0), 1000, 413],
  ['a gigabyte', SIZED, MEGABYTE, 1, 413],
  ['chunks without end', CHUNKED, CHUNK, 1, 413],
  ['a chunk extension without end', `${CHUNKED}\r\n1;a=`, Buffer.alloc(1000, 'x'), 1, 400],
  ['a trailer without end', `${CHUNKED}\r\n0\r\nX-A: `, Buffer.alloc(1000, 'x'), 1, 431],
];
/** In place of a status: the body decides. */
const READ = 0;
const targets: readonly (readonly [name: string, target: string, key: string, method: string, status: number])[] = [
  ['without the key', ADA, 'Bearer x', 'POST', 401],
  ['with the key', ADA, GOOD, 'POST', READ],
  ['by another method', ADA, GOOD, 'PUT', 405],
  ['to no path of the API', `${BASE}/users`, GOOD, 'POST', 404],
  ['to what is to be read', '/readyz', GOOD, 'POST', 405],
];

describe('bodies that nobody wants', () => {
  it.each(bodies)(
    '%s: answered at once, and the connection is closed',
    async (kind, headers, piece, everyMs, withKey) => {
      await each(scaled(4, 40) * targets.length, 10, async (n) => {
        const [, target, key, method, fixed] = targets[n % targets.length] ?? [];
        const status = fixed === READ ? withKey : fixed;
        const head = request(target ?? '', key, method, headers).slice(
          0,
          headers.includes('\r\n\r\n') ? -2 : undefined,
        );
        const ending = await feed(pod.port, head, piece, everyMs);
        // A reset may overtake the answer where the client goes on sending: then there is none.
        expect(everyMs > 1 ? [status] : [status, 0]).toContain(ending.status);
        expect(ending.ms).toBeLessThan(SOON_MS);
        pod.tried(`bodies: ${kind}`);
      });
    },
    PATIENCE_MS,
  );
});

describe('several requests in one packet', () => {
  const behind: readonly (readonly [name: string, head: string])[] = [
    ['each whole', ''],
    ['the others in the body of the first', 'Content-Length: 5\r\n'],
    ['the others as chunks', CHUNKED],
  ];

  it.each(behind)(
    '%s: the first is answered and closes the connection, the others are not served',
    async (_name, more) => {
      await each(scaled(50, 1000), AT_ONCE, async () => {
        const packet = request(ADA, 'Bearer x', 'POST', more) + request(ADA, GOOD).repeat(20);
        const raw = await RawWebSocket.send(pod.port, packet);
        expect((await raw.response()).status).toBe(401);
        await raw.ended();
        // At most that they are no chunks.
        const second = await raw.response().catch(() => undefined);
        expect([undefined, 400]).toContain(second?.status);
        raw.reset();
        pod.tried('pipelined requests', 21);
      });
    },
  );

  it('of which nobody can say where the first ends: not served at all', async () => {
    const both = `Content-Length: 4\r\n${CHUNKED}`;
    const heads = [both, `${CHUNKED}Content-Length: 0\r\n`, 'Content-Length: 1\r\nContent-Length: 2\r\n'].concat(
      [
        'Content-Length: -1\r\n',
        'Content-Length: 0x1\r\n',
        'Transfer-Encoding: xchunked\r\n',
        'Content-Length : 5\r\n',
      ],
      [
        'Transfer-Encoding: chunked, identity\r\n',
        'Transfer-Encoding:\u000bchunked\r\n',
        'Transfer\r\n-Encoding: x\r\n',
      ],
    );
    const faults = new Set<string>();
    await each(scaled(10, 200) * heads.length, AT_ONCE, async (n) => {
      const text = request(ADA, GOOD, 'POST', heads[n % heads.length]) + request(ADA, GOOD);
      const fault = await faultOf(text, [400]);
      if (fault) faults.add(fault);
    });
    expect([...faults]).toEqual([]);
  });
});

it('says nothing of it in its log', () => {
  expect(pod.process.stdout).not.toContain(CANARY);
  expect(pod.process.stdout).not.toMatch(/disconnect"|Bearer|users\//);
});
