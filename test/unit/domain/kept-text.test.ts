import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { AuthPort, Identity } from '../../../src/ports/auth-port.js';
import type { Knock } from '../../../src/ports/chat-port.js';
import { GuestAuth } from '../../../src/adapters/guest/guest-auth.js';
import { ownText } from '../../../src/domain/own-text.js';
import { TestClient, TestPod } from '../../support/test-pod.js';

const CLIENTS = 100;
/** Characters of each request; what is to be kept of it has some 30. */
const REQUEST = 100_000;
/** What a client may cost in this test: its session, its rooms and what its name stands in. */
const CLIENT_BYTES = 20_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** A part of a long text, as a transport cuts it from a header or a query. */
function part(text: string): string {
  return Buffer.from(`${'x'.repeat(REQUEST)}${text}`)
    .toString()
    .slice(REQUEST);
}

/** The values of a query, and nothing else of a request. */
function knockOf(query: Readonly<Record<string, string>>, address = '192.0.2.1'): Knock {
  const valuesOf = (name: string): string[] =>
    Object.entries(query).flatMap(([key, one]) => (key === name ? [one] : []));
  return {
    query: { get: (name) => valuesOf(name)[0] ?? null, getAll: valuesOf },
    origin: undefined,
    host: 'chat.example',
    authorization: undefined,
    protocols: ['hubbub.v1'],
    address,
  };
}

/** Knows who a token is of without ever copying a part of it. */
function authOf(identityOf: (token: string) => Identity): AuthPort {
  return { authenticate: ({ token = '' }) => Promise.resolve(identityOf(token)) };
}

const plain: Identity = { user: { id: 'ada', name: 'Ada' } };
const cases: readonly [what: string, knock: (n: number) => Knock, auth?: (token: string) => Identity][] = [
  ['the name of a guest', (n) => knockOf({ name: part(`a name of 20 characters ${n}`) })],
  ['the session of a guest', (n) => knockOf({ session: part(`abcdefghijklmnopqrstuv${n}`) })],
  ['the name of a room', (n) => knockOf({ room: part(`a-room-of-20-characters-${n}`) })],
  ['the address', (n) => knockOf({}, part(`2001:db8:1111:2222::${n}`))],
  [
    'the id in a token',
    (n) => knockOf({ token: part(`a user of 20 characters ${n}`) }),
    (id) => ({ user: { id, name: 'Ada' } }),
  ],
  [
    'the name in a token',
    (n) => knockOf({ token: part(`a name of 20 characters ${n}`) }),
    (name) => ({ user: { id: 'ada', name } }),
  ],
  [
    'a pattern in a token',
    (n) => knockOf({ token: part(`rooms-of-20-characters-${n}-*`) }),
    (pattern) => ({ ...plain, permissions: { join: [pattern], publish: [pattern] } }),
  ],
];

describe('what is kept of a request', () => {
  it.each(cases)('holds no more of it: %s', async (_what, knock, identityOf = () => plain) => {
    const keepers = { auth: authOf(identityOf), authRequired: false, guests: new GuestAuth() };
    const pod = await TestPod.started({
      ports: { keepers },
      options: { maxConnectionsPerUser: 0, rateLimit: 1000, upgradeRate: 1000 },
    });
    const clients: TestClient[] = [];
    const before = heap();
    for (let n = 0; n < CLIENTS; n++) {
      const answer = await pod.hub.knock(knock(n));
      if ('status' in answer) throw new Error(`refused: ${answer.message}`);
      clients.push(new TestClient(pod, (connection) => pod.hub.open(connection, answer)));
    }
    await pod.settle();
    expect((heap() - before) / clients.length).toBeLessThan(CLIENT_BYTES);
    expect(pod.hub.counts.connections).toBe(CLIENTS);
  });

  it('is copied whole, whatever its characters', () => {
    for (const text of ['', 'a', 'a room of 20 characters', 'я'.repeat(40), '\u{1F600}'.repeat(20), '\uDC00x\uD800']) {
      expect(ownText(text)).toBe(text);
    }
    const before = heap();
    const kept = Array.from({ length: CLIENTS }, (_, n) => ownText(`${'я'.repeat(REQUEST)}${n}`.slice(0, 30)));
    expect((heap() - before) / kept.length).toBeLessThan(1000);
  });
});
