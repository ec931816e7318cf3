import { describe, expect, it } from 'vitest';
import { RefusalLog } from '../../../src/domain/refusal-log.js';
import { keepersOf } from '../../support/known-tokens.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ManualScheduler, RecordingLogger, TestPod } from '../../support/test-pod.js';

function stage() {
  const [clock, scheduler, logger] = [new ManualClock(), new ManualScheduler(), new RecordingLogger()];
  const log = new RefusalLog({ clock, scheduler, logger });
  const lines = (level: string): unknown[] => logger.lines.filter((line) => line.level === level);
  const pass = (ms: number): void => {
    clock.advance(ms);
    scheduler.pass();
  };
  return { log, lines, pass, clock, scheduler };
}

const line = (kind: string, reasons: Readonly<Record<string, number>>): unknown => {
  const count = Object.values(reasons).reduce((sum, one) => sum + one, 0);
  return { level: 'info', event: 'refusals', fields: { kind, count, reasons } };
};

describe('the log of refusals', () => {
  it('has the first of a kind at once, and the others a second later with a count by reason', () => {
    const { log, lines, pass } = stage();
    for (const reason of ['signature', 'signature', 'expired']) log.add('token', reason);
    log.add('origin', 'not allowed');
    expect(lines('info')).toEqual([line('token', { signature: 1 }), line('origin', { 'not allowed': 1 })]);
    pass(1000);
    expect(lines('info').slice(2)).toEqual([line('token', { signature: 1, expired: 1 })]);
  });

  it('has at most one line per second and kind, and loses no count, however many come', () => {
    const { log, lines, pass, scheduler } = stage();
    for (let n = 0; n < 1000; n++) {
      log.add('frame', 'bad_json');
      pass(10);
    }
    pass(1000);
    const counts = lines('info').map((one) => (one as { fields: { count: number } }).fields.count);
    expect(counts.length).toBeLessThanOrEqual(12);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    pass(5000);
    // Nothing is left that would go on.
    scheduler.delays.length = 0;
    pass(5000);
    expect(scheduler.delays).toEqual([]);
  });

  it('begins anew after a quiet second', () => {
    const { log, lines, pass } = stage();
    log.add('frame', 'bad_json');
    pass(1000);
    log.add('frame', 'bad_json');
    expect(lines('info')).toEqual([line('frame', { bad_json: 1 }), line('frame', { bad_json: 1 })]);
  });

  it('has each of them at debug, with whom', () => {
    const { log, lines } = stage();
    const who = { address: '192.0.2.1', user: 'ada' };
    for (let n = 0; n < 3; n++) log.add('token', 'signature', who);
    const fields = { kind: 'token', reason: 'signature', ...who };
    expect(lines('debug')).toEqual(Array.from({ length: 3 }, () => ({ level: 'debug', event: 'refused', fields })));
  });

  it('holds a bounded number of reasons, and of the length of each', () => {
    const { log, lines, pass } = stage();
    log.add('token', 'first');
    for (let n = 0; n < 100; n++) log.add('token', `${n}${'x'.repeat(1000)}`);
    pass(1000);
    const [, { fields }] = lines('info') as [unknown, { fields: { count: number; reasons: Record<string, number> } }];
    expect(fields.count).toBe(100);
    expect(Object.keys(fields.reasons).length).toBe(17);
    expect(fields.reasons['other reasons']).toBe(84);
    expect(JSON.stringify(fields).length).toBeLessThan(2500);
  });

  it('reports what is left at the end', () => {
    const { log, lines, pass } = stage();
    for (let n = 0; n < 3; n++) log.add('token', 'signature');
    log.flush();
    log.flush();
    pass(1000);
    expect(lines('info')).toEqual([line('token', { signature: 1 }), line('token', { signature: 2 })]);
  });
});

describe('a hub leaves a trace', () => {
  const keepers = { ...keepersOf({ good: { user: 'ada', issuedAt: 1 } }), authRequired: true };
  const traced = (pod: TestPod): unknown[] =>
    pod.logger.lines.flatMap(({ event, fields }) => (event === 'refusals' ? [fields] : []));

  it('of a client without a token, with a bad one, of another origin, and with a malformed query', async () => {
    const pod = await TestPod.started({ ports: { keepers } });
    await pod.knock('');
    await pod.knock('token=good', { origin: 'https://elsewhere.example' });
    await pod.knock('token=good&name=a&name=b');
    expect(traced(pod)).toEqual([
      { kind: 'token', count: 1, reasons: { 'no token': 1 } },
      { kind: 'origin', count: 1, reasons: { 'not an allowed origin': 1 } },
      { kind: 'request', count: 1, reasons: { 'name and session may be given once': 1 } },
    ]);
  });

  it('of a user who was sent away, at the door and by auth', async () => {
    const pod = await TestPod.started({ ports: { keepers } });
    const ada = await pod.enter('token=good');
    await pod.hub.disconnect('bob');
    await pod.hub.disconnect('ada');
    await pod.knock('token=good');
    expect(traced(pod)).toEqual([{ kind: 'token', count: 1, reasons: { revoked: 1 } }]);
    expect(ada.connection.closed?.code).toBe(4403);
  });

  it.each([
    ['upgrades', { rateLimit: 1, upgradeRate: 0.1 }, 'rate', 'too many upgrades from this address'],
    ['connections of an address', { maxConnectionsPerAddress: 1 }, 'rate', 'too many connections from this address'],
    ['connections of a user', { maxConnectionsPerUser: 1 }, 'rate', 'too many connections of this user'],
    ['connections', { maxConnections: 1 }, 'capacity', 'this pod is full'],
  ])('of too many %s', async (_what, options, kind, reason) => {
    const pod = await TestPod.started({ ports: { keepers }, options });
    await pod.enter('token=good');
    await pod.knock('token=good');
    expect(traced(pod)).toEqual([{ kind, count: 1, reasons: { [reason]: 1 } }]);
  });

  it('of a knock while it drains', async () => {
    const pod = await TestPod.started();
    await pod.hub.drain({ code: 1012, reason: 'deploy', reconnectAfterMs: () => 0 });
    await pod.knock('');
    expect(traced(pod)).toEqual([{ kind: 'capacity', count: 1, reasons: { 'this pod is shutting down': 1 } }]);
  });

  it('of refused frames, by their code, and of the client that is closed for them', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 10, rateBurst: 1 } });
    const ada = await pod.enter();
    for (let n = 0; n < 1100; n++) ada.push('{');
    await pod.settle();
    expect(ada.connection.closed).toMatchObject({ code: 1008 });
    pod.clock.advance(1000);
    pod.scheduler.pass();
    const reasons = traced(pod).map((fields) => (fields as { kind: string; reasons: object }).reasons);
    expect(reasons).toEqual([
      { bad_json: 1 },
      { 'too many refused frames': 1 },
      { rate_limited: expect.any(Number) as number },
    ]);
  });
});
