import { describe, expect, it } from 'vitest';
import type { HubOptions } from '../../../src/domain/hub-options.js';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import { keepersOf } from '../../support/known-tokens.js';
import { TestClient, TestPod } from '../../support/test-pod.js';

/** Lets time go on, and everything that looks at the clock look. */
async function pass(pod: TestPod, ms: number): Promise<void> {
  pod.clock.advance(ms);
  pod.scheduler.pass();
  await pod.settle();
}

const known = keepersOf({ ada: { user: 'ada' } });

/** Knows one token, and has no word for others until it is given one. */
class HangingAuth implements AuthPort {
  readonly tokens: (string | undefined)[] = [];
  answer: (answer: Awaited<ReturnType<AuthPort['authenticate']>>) => void = () => {};

  authenticate(credentials: Parameters<AuthPort['authenticate']>[0]): ReturnType<AuthPort['authenticate']> {
    this.tokens.push(credentials.token);
    if (known.auth && credentials.token === 'ada') return known.auth.authenticate(credentials);
    return new Promise((resolve) => (this.answer = resolve));
  }
}

const NO_ANSWER = { status: 503, code: 'unavailable', retryAfter: 1 };

describe('who checks tokens and does not answer', () => {
  const started = async (options: Partial<HubOptions> = {}, keeper: 'auth' | 'guests' = 'auth') => {
    const auth = new HangingAuth();
    const keepers = { ...known, authRequired: false, [keeper]: auth };
    const pod = await TestPod.started({ options, ports: { keepers } });
    return { pod, auth };
  };

  it.each(['auth', 'guests'] as const)(
    'is waited for at the door for 5 s, and then it is a 503: %s',
    async (keeper) => {
      const { pod } = await started({}, keeper);
      const answers: unknown[] = [];
      void pod.knock(keeper === 'auth' ? 'token=x' : '').then((answer) => answers.push(answer));
      await pass(pod, 4999);
      expect(answers).toEqual([]);
      await pass(pod, 1);
      expect(answers).toMatchObject([NO_ANSWER]);
      expect(pod.logger.lines.at(0)).toMatchObject({ level: 'error', event: 'authenticate failed' });
    },
  );

  it('keeps nobody else', async () => {
    const { pod } = await started();
    const waiting = pod.knock('token=x');
    expect(await pod.knock('token=ada')).toMatchObject({ identity: { user: { id: 'ada' } } });
    await pass(pod, 5000);
    expect(await waiting).toMatchObject(NO_ANSWER);
  });

  it.each([
    ['maxConnections', '192.0.2.2', { status: 503, code: 'full' }],
    ['maxConnectionsPerAddress', '192.0.2.1', { status: 429, code: 'rate_limited' }],
  ] as const)('makes those who wait count, and nobody is asked of one more: %s', async (cap, address, refusal) => {
    const { pod, auth } = await started({ [cap]: 3 });
    const inside = await pod.enter('token=ada');
    const waiting = [pod.knock('token=x'), pod.knock('token=y')];
    const tokens = auth.tokens.length;
    expect(await pod.knock('token=ada', { address })).toMatchObject({ ...refusal, retryAfter: expect.any(Number) });
    expect(auth.tokens).toHaveLength(tokens);
    await pass(pod, 5000);
    expect(await Promise.all(waiting)).toMatchObject([NO_ANSWER, NO_ANSWER]);
    // Their places are free again.
    const later = [pod.knock('token=x'), pod.knock('token=y')];
    expect(await pod.knock('token=ada', { address })).toMatchObject(refusal);
    inside.leave();
    expect(await pod.knock('token=ada', { address })).toHaveProperty('identity');
    await pass(pod, 5000);
    expect(await Promise.all(later)).toMatchObject([NO_ANSWER, NO_ANSWER]);
  });

  it('makes them count for nothing at other addresses', async () => {
    const { pod } = await started({ maxConnectionsPerAddress: 1 });
    const waiting = pod.knock('token=x');
    expect(await pod.knock('token=ada', { address: '192.0.2.2' })).toHaveProperty('identity');
    await pass(pod, 5000);
    expect(await waiting).toMatchObject(NO_ANSWER);
  });

  it('does not keep out who was let in already, whoever knocks before that one stands', async () => {
    const { pod } = await started({ maxConnections: 1 });
    const admission = await pod.knock('token=ada');
    if ('status' in admission) throw new Error(`refused: ${admission.message}`);
    const waiting = pod.knock('token=x');
    const ada = new TestClient(pod, (connection) => pod.hub.open(connection, admission));
    expect(ada.take()).toMatchObject([{ type: 'welcome' }]);
    await pass(pod, 5000);
    expect(await waiting).toMatchObject(NO_ANSWER);
  });

  it('lets nobody in when it is too late', async () => {
    const { pod, auth } = await started();
    const waiting = pod.knock('token=x');
    await pass(pod, 5000);
    auth.answer({ user: { id: 'x', name: 'x' } });
    expect(await waiting).toMatchObject(NO_ANSWER);
  });

  it('holds up a connection that renews its token for 5 s, and then that is told so', async () => {
    const { pod } = await started();
    const ada = await pod.enter('token=ada');
    ada.push({ type: 'auth', id: '1', data: { token: 'x' } });
    expect(await ada.send({ data: 'behind' })).toEqual([]);
    await pass(pod, 5000);
    expect(ada.take()).toMatchObject([
      { re: '1', data: { code: 'unavailable', retryable: true, retryAfterMs: 1000 } },
      { data: 'behind' },
    ]);
  });

  it('is not waited for by any timer where it has answered', async () => {
    const { pod } = await started();
    await pod.knock('token=ada');
    await pass(pod, 1);
    let timers = 0;
    pod.scheduler.later = () => void (timers += 1);
    await pass(pod, 1);
    expect(timers).toBe(0);
  });
});
