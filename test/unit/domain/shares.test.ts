import { describe, expect, it } from 'vitest';
import type { HubOptions } from '../../../src/domain/hub-options.js';
import { keepersOf } from '../../support/known-tokens.js';
import { TestPod } from '../../support/test-pod.js';

const keepers = keepersOf({ ada: { user: 'ada' }, bob: { user: 'bob' } });
const some = (count: number, make: (n: number) => object): object[] => Array.from({ length: count }, (_, n) => make(n));

interface Kind {
  readonly kind: string;
  readonly options: Partial<HubOptions>;
  /** All of it that one connection has, when it is in the lobby. */
  readonly all: readonly object[];
  readonly more: object;
}

const kinds: readonly Kind[] = [
  {
    kind: 'frames',
    options: { rateLimit: 10, rateBurst: 10 },
    all: some(10, (n) => ({ room: 'lobby', data: n })),
    more: { room: 'lobby', data: 'more' },
  },
  {
    kind: 'bytes',
    options: { rateLimitBytes: 100 },
    all: [{ room: 'lobby', data: 'x'.repeat(800 - '{"room":"lobby","data":""}'.length) }],
    more: { room: 'lobby', data: 'more' },
  },
  {
    kind: 'messages to all',
    options: { rateLimitGlobal: 5 },
    all: some(20, (n) => ({ data: n })),
    more: { data: 'more' },
  },
  {
    kind: 'new rooms',
    options: { rateLimitRooms: 1 },
    // The lobby was one.
    all: some(9, (n) => ({ type: 'join', room: `new-${n}` })),
    more: { type: 'join', room: 'more' },
  },
  {
    kind: 'reads',
    options: { rateLimitReads: 1 },
    all: some(20, () => ({ type: 'history' })),
    more: { type: 'history' },
  },
];

const started = (options: Partial<HubOptions>): Promise<TestPod> =>
  TestPod.started({ options: { rateLimit: 1000, rateBurst: 1000, ...options }, ports: { keepers } });

/** Comes to the lobby and says this; what is refused of it. */
async function refused(pod: TestPod, token: string, frames: readonly object[]): Promise<unknown[]> {
  const client = await pod.enter(`token=${token}&room=lobby`);
  for (const frame of frames) client.push(frame);
  await pod.settle();
  return client.take().flatMap(({ type, data }) => (type === 'error' ? [data['code']] : []));
}

describe('of what there is a rate for', () => {
  it.each(kinds)('$kind: all connections of a user share what a user has', async ({ options, all, more }) => {
    const pod = await started({ ...options, rateLimitUser: 1 });
    expect(await refused(pod, 'ada', all)).toEqual([]);
    expect(await refused(pod, 'ada', [more])).toEqual(['rate_limited']);
    expect(await refused(pod, 'bob', [more])).toEqual([]);
  });

  it.each(kinds)('$kind: all users of an address share what an address has', async ({ options, all, more }) => {
    const pod = await started({ ...options, rateLimitAddress: 1 });
    expect(await refused(pod, 'ada', all)).toEqual([]);
    expect(await refused(pod, 'bob', [more])).toEqual(['rate_limited']);
  });

  it.each(kinds)('$kind: nobody shares anything where that is off', async ({ options, all }) => {
    const pod = await started(options);
    expect(await refused(pod, 'ada', all)).toEqual([]);
    expect(await refused(pod, 'ada', all)).toEqual([]);
  });
});

describe('a place among those of a user or an address', () => {
  it.each(['maxConnectionsPerUser', 'maxConnectionsPerAddress', 'maxConnections'] as const)(
    'is free again when somebody leaves: %s',
    async (cap) => {
      const pod = await started({ [cap]: 2 });
      for (let round = 0; round < 5; round++) {
        const [first, second] = [await pod.enter('token=ada'), await pod.enter('token=ada')];
        expect(await pod.knock('token=ada')).toHaveProperty('status');
        for (const client of [first, second]) client.leave();
      }
    },
  );
});
