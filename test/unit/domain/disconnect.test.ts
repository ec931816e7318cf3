import { describe, expect, it, vi } from 'vitest';
import { keepersOf } from '../../support/known-tokens.js';
import { TestClient, TestPod } from '../../support/test-pod.js';

/** When the test's clock begins. */
const START = 1_790_000_000_000;

const keepers = keepersOf({
  old: { user: 'ada', issuedAt: START - 1 },
  fresh: { user: 'ada', issuedAt: START + 6000 },
  ahead: { user: 'ada', issuedAt: START + 4000 },
  undated: { user: 'ada', issuedAt: 0 },
  earlier: { user: 'ada', issuedAt: START - 1000 },
  now: { user: 'ada', issuedAt: START },
  other: { user: 'bob', issuedAt: START - 1 },
});
const started = (): Promise<TestPod> => TestPod.started({ ports: { keepers: { ...keepers, authRequired: false } } });

describe('sending a user away', () => {
  it('closes all connections of theirs, and of nobody else', async () => {
    const pod = await started();
    const clients = [
      await pod.enter('token=old'),
      await pod.enter('token=old'),
      await pod.enter('token=other'),
      await pod.enter('name=guest'),
    ];
    expect(await pod.hub.disconnect('ada')).toBe(true);
    const closed = { code: 4403, reason: 'sent away' };
    expect(clients.map(({ connection }) => connection.closed)).toEqual([closed, closed, undefined, undefined]);
  });

  it.each(['old', 'undated'])('lets their %s token in no more, nor renew a connection', async (token) => {
    const pod = await started();
    const ada = await pod.enter('token=fresh');
    await pod.hub.disconnect('ada');
    expect(await pod.knock(`token=${token}`)).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(await ada.send({ type: 'auth', id: 'a', data: { token } })).toMatchObject([
      { type: 'error', re: 'a', data: { code: 'unauthorized' } },
    ]);
  });

  it('leaves alone who came with a token of after it', async () => {
    const pod = await started();
    const ada = await pod.enter('token=fresh');
    await pod.hub.disconnect('ada');
    expect(ada.connection.closed).toBeUndefined();
    expect(await pod.knock('token=fresh')).not.toHaveProperty('status');
  });

  it('closes guests, who may come back', async () => {
    const pod = await started();
    const session = 'abcdefghijklmnopqrstuv';
    const guest = await pod.arrive(`session=${session}`);
    const user = guest.take()[0]?.data['user'] as { id: string };
    await pod.hub.disconnect(user.id);
    expect(guest.connection.closed?.code).toBe(4403);
    pod.clock.advance(1);
    const again = await pod.enter(`session=${session}`);
    pod.hub.announced(JSON.stringify({ disconnect: user.id, at: START }));
    expect(again.connection.closed).toBeUndefined();
  });

  it('closes who came back also the second time, whatever the clock said the first time', async () => {
    const pod = await started();
    const session = 'abcdefghijklmnopqrstuv';
    const id = (await pod.arrive(`session=${session}`)).take()[0]?.data['user'] as { id: string };
    // By a pod whose clock is ahead; then by this one, whose clock is set back meanwhile.
    pod.hub.announced(JSON.stringify({ disconnect: id.id, at: START + 4000 }));
    for (const ms of [1, 1, -3_600_000]) {
      pod.clock.advance(ms);
      const guest = await pod.enter(`session=${session}`);
      const told = vi.spyOn(pod.broadcaster, 'announce');
      expect(await pod.hub.disconnect(id.id)).toBe(true);
      expect(guest.connection.closed?.code).toBe(4403);
      // Another pod knows of the first time, and takes this for news too.
      const [text = ''] = told.mock.lastCall ?? [];
      expect(JSON.parse(text)).toMatchObject({ disconnect: id.id, at: expect.any(Number) });
      expect((JSON.parse(text) as { at: number }).at).toBeGreaterThan(START + 4000);
    }
  });

  it('counts also for who has knocked and is not in yet', async () => {
    const pod = await started();
    const admission = await pod.knock('token=old');
    if ('status' in admission) throw new Error('refused');
    await pod.hub.disconnect('ada');
    const client = new TestClient(pod, (connection) => pod.hub.open(connection, admission));
    expect(client.connection.closed?.code).toBe(4403);
  });

  it('lets the user log in again at once where the moment of the logout is given', async () => {
    const pod = await started();
    pod.clock.advance(700);
    const [before, guest] = [await pod.enter('token=earlier'), await pod.enter('name=guest')];
    expect(await pod.hub.disconnect('ada', { issuedBefore: pod.clock.now() })).toBe(true);
    expect(before.connection.closed?.code).toBe(4403);
    expect(guest.connection.closed).toBeUndefined();
    expect(await pod.knock('token=earlier')).toMatchObject({ status: 401, code: 'unauthorized' });
    // Of the same second, as `iat` has no other.
    const again = await pod.enter('token=now');
    expect(await again.send({ type: 'auth', id: 'a', data: { token: 'earlier' } })).toMatchObject([
      { type: 'error', re: 'a', data: { code: 'unauthorized' } },
    ]);
    expect(await again.send({ type: 'auth', id: 'b', data: { token: 'now' } })).toMatchObject([{ type: 'ack' }]);
    await pod.hub.disconnect('ada', { issuedBefore: START + 999 });
    expect(again.connection.closed).toBeUndefined();
    await pod.hub.disconnect('ada', { issuedBefore: START + 1000 });
    expect(again.connection.closed?.code).toBe(4403);
  });

  it('takes nothing back that was revoked before, in whatever order pods hear of it', async () => {
    const plain = { disconnect: 'ada', at: START };
    const later = { ...plain, at: START + 2000, issuedBefore: START - 5000 };
    for (const announcements of [
      [plain, later],
      [later, plain],
    ]) {
      const pod = await started();
      const ada = await pod.enter('token=ahead');
      for (const one of announcements) pod.hub.announced(JSON.stringify(one));
      expect(ada.connection.closed?.code).toBe(4403);
      expect(await pod.knock('token=ahead')).toMatchObject({ status: 401 });
      expect(await pod.knock('token=fresh')).not.toHaveProperty('status');
    }
  });

  it('announces the moment beside what pods of older versions know', async () => {
    const pod = await started();
    const told = vi.spyOn(pod.broadcaster, 'announce');
    await pod.hub.disconnect('ada', { issuedBefore: START - 1 });
    await pod.hub.disconnect('ada');
    const texts = told.mock.calls.map(([text]) => JSON.parse(text) as object);
    expect(texts).toEqual([
      { disconnect: 'ada', at: START, issuedBefore: START - 1 },
      { disconnect: 'ada', at: START + 1 },
    ]);
  });

  it.each(['"1"', '-1', '1.5', 'null', '1e400'])(
    'covers no less where the moment that is announced is %s',
    async (moment) => {
      const pod = await started();
      pod.hub.announced(`{"disconnect":"ada","at":${START},"issuedBefore":${moment}}`);
      expect(await pod.knock('token=ahead')).toMatchObject({ status: 401 });
    },
  );

  it.each([Number.NaN, Infinity, -1, 1.5, 8_640_000_000_000_001, '1', null, {}])(
    'takes no token by the moment %j',
    async (moment) => {
      const pod = await started();
      const ada = await pod.enter('token=old');
      // As JavaScript may call it.
      const issuedBefore = moment as number;
      const sending = pod.hub.disconnect('ada', { issuedBefore });
      await expect(sending).rejects.toThrow(RangeError);
      await expect(sending).rejects.toThrow('disconnect: expected issuedBefore in whole milliseconds since 1970, got');
      expect(ada.connection.closed).toBeUndefined();
    },
  );

  it('reaches who came with a token of a clock that is ahead', async () => {
    const pod = await started();
    const ada = await pod.enter('token=ahead');
    await pod.hub.disconnect('ada');
    expect(ada.connection.closed?.code).toBe(4403);
    expect(await pod.knock('token=ahead')).toMatchObject({ status: 401 });
  });

  it('is remembered for a day, and then forgotten', async () => {
    const pod = await started();
    const hour = 3_600_000;
    await pod.hub.disconnect('ada');
    for (const [hours, expected] of [
      [23, 401],
      [25, 401],
      [25, undefined],
    ] as const) {
      pod.clock.advance(hours * hour);
      await pod.hub.disconnect(`somebody else after ${hours}`);
      const answer = await pod.knock('token=old');
      expect('status' in answer ? answer.status : undefined).toBe(expected);
    }
  });

  it('is not undone by what is announced later about an earlier moment', async () => {
    const pod = await started();
    await pod.hub.disconnect('ada');
    pod.hub.announced(JSON.stringify({ disconnect: 'ada', at: 0 }));
    expect(await pod.knock('token=old')).toMatchObject({ status: 401 });
  });

  it.each([
    '',
    '{',
    '1',
    'null',
    '[]',
    '{"disconnect":1,"at":1}',
    '{"disconnect":"ada"}',
    '{"disconnect":"ada","at":"1"}',
  ])('makes nothing of %j, which another version may announce', async (text) => {
    const pod = await started();
    const ada = await pod.enter('token=old');
    pod.hub.announced(text);
    expect(ada.connection.closed).toBeUndefined();
  });

  it.each(['', 'x'.repeat(256), 'a\nb', 'a\u200Bb', '\uD800'])('takes nobody by the id %j', async (userId) => {
    const pod = await started();
    let told = 0;
    pod.hub.announced = () => void told++;
    const sending = pod.hub.disconnect(userId);
    await expect(sending).rejects.toThrow(RangeError);
    await expect(sending).rejects.toThrow('disconnect: a user id is 1 to 255 visible characters');
    expect(told).toBe(0);
  });

  it('tells where the other pods will not hear of it', async () => {
    const pod = await started();
    await pod.broadcaster.close();
    expect(await pod.hub.disconnect('ada')).toBe(false);
  });
});
