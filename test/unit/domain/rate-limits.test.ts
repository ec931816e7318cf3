import { describe, expect, it } from 'vitest';
import type { HubOptions } from '../../../src/domain/hub-options.js';
import { keepersOf } from '../../support/known-tokens.js';
import { TestPod, type Received, type TestClient } from '../../support/test-pod.js';

const keepers = keepersOf({ ada: { user: 'ada' }, bob: { user: 'bob' }, eve: { user: 'eve' } });
/** Frames are not short here, so that what is asked of the other rates is seen. */
const started = (options: Partial<HubOptions>): Promise<TestPod> =>
  TestPod.started({ options: { rateLimit: 1000, rateBurst: 1000, ...options }, ports: { keepers } });

const waits = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'error').map(({ data }) => [data['code'], data['retryAfterMs']]);

const text = (length: number): string => `{"room":"lobby","data":"${'x'.repeat(length - 26)}"}`;

/** Says it all at once; what is refused of it. */
async function refused(client: TestClient, frames: readonly unknown[]): Promise<unknown[]> {
  for (const frame of frames.slice(1)) client.push(frame);
  return waits(await client.send(frames[0]));
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

describe('a connection may send', () => {
  it.each([
    [{}, 14],
    [{ rateBurst: 3 }, 3],
  ])('frames, with %o so many at once', async (burst, most) => {
    const pod = await TestPod.started({ options: { rateLimit: 7, ...burst } });
    const ada = await pod.enter('room=lobby');
    const frames = times(most + 1, (n) => ({ room: 'lobby', data: n }));
    expect(await refused(ada, frames)).toEqual([['rate_limited', 143]]);
  });

  it('so many bytes a second, pings included, and a refused frame costs nothing', async () => {
    const pod = await started({ rateLimitBytes: 1000 });
    const ada = await pod.enter('token=ada&room=lobby');
    expect(await refused(ada, [text(8000)])).toEqual([]);
    expect(await refused(ada, [text(2000)])).toEqual([['rate_limited', 2000]]);
    // However short: it makes the pod look at all rooms of the client.
    expect(await refused(ada, [{ type: 'ping' }])).toEqual([['rate_limited', 1024]]);
    pod.clock.advance(2000);
    expect(await refused(ada, [text(2000)])).toEqual([]);
  });

  it('so many requests for stored messages, by history and by resuming', async () => {
    const pod = await started({ rateLimitReads: 1 });
    const ada = await pod.enter('token=ada&room=lobby');
    const since = { epoch: 'e', offset: 0 };
    const reads = times(20, (n) => (n % 2 ? { type: 'history' } : { type: 'join', room: 'lobby', data: { since } }));
    expect(await refused(ada, reads)).toEqual([]);
    expect(await refused(ada, reads.slice(0, 2))).toEqual(times(2, () => ['rate_limited', 1000]));
    expect(await refused(ada, [{ type: 'join', room: 'lobby' }, text(100)])).toEqual([]);
  });

  it('fewer messages to everybody than to rooms', async () => {
    const pod = await started({ rateLimitGlobal: 5 });
    const ada = await pod.enter('token=ada&room=lobby');
    expect(
      await refused(
        ada,
        times(21, (n) => ({ data: n })),
      ),
    ).toEqual([['rate_limited', 200]]);
    expect(
      await refused(
        ada,
        times(21, (n) => ({ room: 'lobby', data: n })),
      ),
    ).toEqual([]);
  });

  it('so many joins of rooms that nobody is in, and any of others', async () => {
    const pod = await started({ rateLimitRooms: 1 });
    const [ada, bob] = [await pod.enter('token=ada'), await pod.enter('token=bob')];
    const joins = (prefix: string, count: number) => times(count, (n) => ({ type: 'join', room: `${prefix}${n}` }));
    expect(await refused(ada, joins('a', 11))).toEqual([['rate_limited', 1000]]);
    expect(await refused(bob, joins('b', 9))).toEqual([]);
    expect(await refused(bob, [...joins('a', 9), ...joins('b', 9)])).toEqual([]);
  });
});

describe('what is stored', () => {
  it('a history answer costs a look for each 16 KiB that it begins', async () => {
    const pod = await started({ rateLimitReads: 1 });
    const ada = await pod.enter('token=ada&room=lobby');
    // Four are 157 KiB, which begins the tenth 16.
    for (const frame of times(4, () => text(40_000))) await ada.send(frame);
    ada.take();
    const ask = { type: 'history', room: 'lobby', id: 'h' };
    for (let n = 0; n < 2; n++) expect((await ada.send(ask))[0]?.data['messages']).toHaveLength(4);
    expect(await refused(ada, [ask])).toEqual([['rate_limited', 1000]]);
    pod.clock.advance(5000);
    // The answer comes in full, and the part beyond the allowance is owed.
    expect((await ada.send(ask))[0]?.data['messages']).toHaveLength(4);
    expect(await refused(ada, [ask])).toEqual([['rate_limited', 6000]]);
  });

  it('a replay costs a look for each 16 KiB that it begins, and is never cut short', async () => {
    const pod = await started({ rateLimitReads: 1, sendBuffer: 1 });
    const [ada, bob] = [await pod.enter('token=ada&room=lobby'), await pod.enter('token=bob')];
    for (const frame of times(20, () => text(40_000))) await ada.send(frame);
    const [ack] = await bob.send({ type: 'join', room: 'lobby' });
    const since = { epoch: ack?.data['epoch'], offset: 0 };
    const frames = await bob.send({ type: 'join', room: 'lobby', data: { since } });
    expect(frames.filter(({ offset }) => offset)).toHaveLength(20);
    // 784 KiB begin the 49th 16: less the burst, and the one that is asked for.
    expect(await refused(bob, [{ type: 'history' }])).toEqual([['rate_limited', (49 - 20 + 1) * 1000]]);
  });

  it('a user who comes anew still owes what they read, and has paid it off within a minute', async () => {
    const pod = await started({ rateLimitReads: 1, rateLimitUser: 1 });
    const entries = times(100, (n) => ({ offset: n + 1, frame: new Uint8Array(50_000) }));
    const position = { epoch: 'e', offset: 100 };
    pod.broadcaster.read = () => Promise.resolve({ status: 'read', position, entries, more: false });
    const ada = await pod.enter('token=ada');
    const resume = { type: 'join', data: { since: { epoch: 'e', offset: 0 } } };
    ada.push(resume);
    await pod.settle();
    ada.leave();
    const again = await pod.enter('token=ada');
    expect(await refused(again, [{ type: 'history' }])).toEqual([['rate_limited', 60_000]]);
    // Two others, who are new: with them those who came before are forgotten.
    for (const token of ['bob', 'eve']) {
      pod.clock.advance(25_000);
      await (await pod.enter(`token=${token}`)).send({ type: 'history' });
    }
    expect(await refused(await pod.enter('token=ada'), [{ type: 'history' }])).toEqual([['rate_limited', 10_000]]);
  });
});

describe('all connections together may send so many times as much', () => {
  it('of a user, on whatever connection, and also after it came anew', async () => {
    const pod = await started({ rateLimit: 10, rateBurst: 10, rateLimitUser: 2 });
    const ask = times(10, () => ({ type: 'history' }));
    for (let n = 0; n < 2; n++) {
      const ada = await pod.enter('token=ada');
      expect(await refused(ada, ask)).toEqual([]);
      ada.leave();
    }
    const [ada, bob] = [await pod.enter('token=ada'), await pod.enter('token=bob')];
    expect(await refused(ada, [ask[0]])).toEqual([['rate_limited', 50]]);
    expect(await refused(bob, ask)).toEqual([]);
    pod.clock.advance(50);
    expect(await refused(ada, [ask[0]])).toEqual([]);
  });

  it('of an address', async () => {
    const pod = await started({ rateLimit: 10, rateBurst: 10, rateLimitAddress: 1 });
    const [ada, bob] = [await pod.enter('token=ada'), await pod.enter('token=bob')];
    expect(
      await refused(
        ada,
        times(10, () => ({ type: 'history' })),
      ),
    ).toEqual([]);
    expect(await refused(bob, [{ type: 'history' }])).toEqual([['rate_limited', 100]]);
  });

  it('which is remembered until it is full again, whatever burst is allowed', async () => {
    const pod = await started({ rateLimit: 10, rateBurst: 600, rateLimitUser: 1 });
    const say = (count: number): object[] => times(count, (n) => ({ room: 'lobby', data: n }));
    const ada = await pod.enter('token=ada&room=lobby');
    expect(await refused(ada, say(601))).toEqual([['rate_limited', 100]]);
    for (let n = 0; n < 2; n++) {
      pod.clock.advance(55_000);
      const again = await pod.enter('token=ada&room=lobby');
      expect(await refused(again, say(551))).toEqual([['rate_limited', 100]]);
    }
  });
});

describe('an address may knock', () => {
  it('so often, and is told when again', async () => {
    const pod = await started({ upgradeRate: 1 });
    const knocks = await Promise.all(times(11, () => pod.knock('token=ada')));
    expect(knocks.filter((answer) => 'status' in answer)).toMatchObject([{ status: 429, retryAfter: 1 }]);
    pod.clock.advance(1000);
    expect(await pod.knock('token=ada')).not.toHaveProperty('status');
  });

  it('with a bad token as often as with a good one', async () => {
    const pod = await started({ upgradeRate: 1 });
    for (const answer of await Promise.all(times(10, () => pod.knock('token=forged')))) {
      expect(answer).toMatchObject({ status: 401 });
    }
    expect(await pod.knock('token=forged')).toMatchObject({ status: 429 });
  });
});

it('a rate of 0 frames switches all rates off', async () => {
  const all = { rateLimitBytes: 1, rateLimitGlobal: 1, rateLimitRooms: 1, rateLimitUser: 1, rateLimitAddress: 1 };
  const pod = await started({ rateLimit: 0, upgradeRate: 1, ...all });
  const clients = await Promise.all(times(30, () => pod.enter('token=ada')));
  for (const client of clients)
    expect(
      await refused(
        client,
        times(10, (n) => ({ data: n })),
      ),
    ).toEqual([]);
});
