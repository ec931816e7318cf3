import { describe, expect, it } from 'vitest';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import { keepersOf } from '../../support/known-tokens.js';
import { TestPod } from '../../support/test-pod.js';

const HOUR = 3_600_000;
/** When the test's clock begins. */
const START = 1_790_000_000_000;

const keepers = keepersOf({
  first: { user: 'ada', expiresAt: START + HOUR },
  second: { user: 'ada', expiresAt: START + 2 * HOUR },
  narrow: { user: 'ada', permissions: { join: ['lobby'] } },
  other: { user: 'bob' },
});

const started = (): Promise<TestPod> => TestPod.started({ ports: { keepers } });
const renew = (token: string) => ({ type: 'auth', id: 'a', data: { token } });

/** Lets time go on, and everything that looks at the clock look. */
async function pass(pod: TestPod, ms: number): Promise<void> {
  pod.clock.advance(ms);
  pod.scheduler.pass();
  await pod.settle();
}

describe('the end of a token', () => {
  it('closes its connections, and no others', async () => {
    const pod = await started();
    const [ada, bob] = [await pod.enter('token=first'), await pod.enter('token=other')];
    await pass(pod, HOUR - 1);
    expect(ada.connection.closed).toBeUndefined();
    await pass(pod, 1);
    expect(ada.connection.closed).toEqual({ code: 4401, reason: 'the token has ended' });
    expect(bob.connection.closed).toBeUndefined();
  });

  it('is put off by a new token of the same user', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first&room=lobby');
    expect(await ada.send(renew('second'))).toEqual([{ type: 'ack', re: 'a', data: {} }]);
    await pass(pod, HOUR);
    expect(ada.connection.closed).toBeUndefined();
    expect(await ada.send({ room: 'lobby', data: 'still here' })).toMatchObject([{ data: 'still here' }]);
    await pass(pod, HOUR);
    expect(ada.connection.closed?.code).toBe(4401);
  });

  it('is none once a token without one has come', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first');
    await ada.send(renew('narrow'));
    await pass(pod, 9 * HOUR);
    let timers = 0;
    pod.scheduler.later = () => void (timers += 1);
    await pass(pod, 1);
    expect(timers).toBe(0);
    expect(ada.connection.closed).toBeUndefined();
  });

  it('is looked after by one timer, and by none when nobody is left', async () => {
    const pod = await started();
    const clients = [await pod.enter('token=first'), await pod.enter('token=first')];
    let timers = 0;
    const later = pod.scheduler.later.bind(pod.scheduler);
    pod.scheduler.later = (ms, task) => later(ms, ((timers += 1), task));
    await pass(pod, 1);
    expect(timers).toBe(1);
    for (const client of clients) client.leave();
    await pass(pod, 1);
    await pass(pod, 1);
    expect(timers).toBe(1);
  });
});

describe('a token on the way', () => {
  it('of another user is refused, and changes nothing', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first');
    expect(await ada.send(renew('other'))).toMatchObject([{ type: 'error', re: 'a', data: { code: 'forbidden' } }]);
    await pass(pod, HOUR);
    expect(ada.connection.closed?.code).toBe(4401);
  });

  it('that proves nothing is refused, and changes nothing', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first&room=lobby');
    expect(await ada.send(renew('forged'))).toMatchObject([{ type: 'error', re: 'a', data: { code: 'unauthorized' } }]);
    expect(await ada.send({ room: 'lobby', data: 1 })).toMatchObject([{ data: 1 }]);
  });

  it('with less leave takes the client out of rooms, and says so', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first&room=lobby&room=desk');
    const other = await pod.enter('token=other&room=desk');
    expect(await ada.send(renew('narrow'))).toMatchObject([
      { type: 'error', data: { code: 'forbidden', message: 'you were taken out of desk' } },
      { type: 'ack', re: 'a' },
    ]);
    await other.send({ room: 'desk', data: 'among us' });
    expect(ada.take()).toEqual([]);
    expect(await ada.send({ room: 'lobby', data: 1 })).toMatchObject([{ data: 1 }]);
  });

  it('is not asked for where nobody checks tokens', async () => {
    const pod = await TestPod.started();
    const guest = await pod.enter();
    expect(await guest.send(renew('first'))).toMatchObject([{ type: 'error', re: 'a', data: { code: 'unsupported' } }]);
  });

  it('is acked only where it has an id', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first');
    expect(await ada.send({ type: 'auth', data: { token: 'second' } })).toEqual([]);
    await pass(pod, HOUR);
    expect(ada.connection.closed).toBeUndefined();
  });

  it('is to be tried again where nobody can say whether it is good', async () => {
    const away = { status: 503, code: 'unavailable', message: 'not now', retryAfter: 5 } as const;
    let isAway = false;
    const authenticate: AuthPort['authenticate'] = async (credentials) =>
      isAway ? away : ((await keepers.auth?.authenticate(credentials)) ?? away);
    const pod = await TestPod.started({ ports: { keepers: { ...keepers, auth: { authenticate } } } });
    const ada = await pod.enter('token=first');
    isAway = true;
    const answer = await ada.send(renew('second'));
    expect(answer).toMatchObject([
      {
        type: 'error',
        re: 'a',
        data: { code: 'unavailable', message: 'not now', retryable: true, retryAfterMs: 5000 },
      },
    ]);
  });

  it('of a bad shape is a bad request', async () => {
    const pod = await started();
    const ada = await pod.enter('token=first');
    for (const data of [undefined, {}, { token: 1 }, { token: 'second', more: 1 }]) {
      expect(await ada.send({ type: 'auth', id: 'a', data })).toMatchObject([{ data: { code: 'bad_request' } }]);
    }
  });
});
