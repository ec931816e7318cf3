import { describe, expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { setProcesses } from '../support/faults/process-stage.js';
import { lasting, LASTING, PROMISED_MS, scenario, Stage } from '../support/faults/stage.js';
import { startPod } from '../support/pods.js';
import { UNLIMITED } from '../support/unlimited.js';

/** Restarts Redis while the way of a pod to it is cut, for longer than the restart takes. */
async function restartWithoutAPod(stage: Stage, awayMs: number): Promise<void> {
  const { proxy } = stage.pod(0);
  proxy.refuse();
  proxy.cut();
  await stage.redis.crash();
  await stage.redis.start();
  await lasting(awayMs);
  proxy.accept();
}

describe('Redis comes back with an older history', () => {
  for (const rate of [300, 0]) {
    const when = rate === 0 ? 'in silence' : 'while messages flow';

    scenario(`restarted from a snapshot 100 messages old, ${when}`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      await stage.redis.cli('SAVE');
      await stage.flows();
      if (rate === 0) await stage.rest();
      await stage.redis.crash();
      await stage.redis.start();
      await stage.allReset(PROMISED_MS);
      if (rate === 0) stage.load(300);
      await stage.flows();
      expect(await stage.settle(name)).toMatchObject({ gaps: stage.clients.length * stage.rooms.length });
    });
  }

  for (const awayMs of [1000, 5000]) {
    scenario(`restarted from a snapshot, refilled while a pod was away for ${awayMs} ms`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      await stage.redis.cli('SAVE');
      await stage.flows();
      await restartWithoutAPod(stage, awayMs);
      await stage.allReset(PROMISED_MS);
      await stage.flows(300);
      await stage.settle(name);
    });
  }

  scenario('three times over, while clients go from pod to pod', async (name) => {
    let next = 0;
    const stage = await Stage.set({ enter: () => ({ pod: () => next++ % 3 }) });
    stage.load(300);
    for (let times = 0; times < 3; times++) {
      await stage.flows();
      await stage.redis.cli('SAVE');
      await stage.flows();
      const roamers = stage.clients.filter((_, n) => n % 3 === times);
      for (const client of roamers) client.drop();
      await stage.redis.crash();
      for (const client of roamers) client.drop();
      await stage.redis.start();
      await stage.flows();
    }
    await stage.settle(name);
  });

  scenario('while a pod is stopped', async (name) => {
    const { stage, first } = await setProcesses({ roam: false });
    stage.load(200);
    await stage.flows();
    await stage.redis.cli('SAVE');
    await stage.flows();
    first?.signal('SIGSTOP');
    await stage.redis.crash();
    await stage.redis.start();
    await lasting(6000);
    first?.signal('SIGCONT');
    await stage.allReset(PROMISED_MS);
    await stage.flows();
    await stage.settle(name);
  });

  scenario('and nobody is there but a pod that has just started', async (name) => {
    const stage = await Stage.set({ pods: 2 });
    stage.load(300);
    await stage.flows();
    await stage.redis.cli('SAVE');
    await stage.flows();
    await stage.rest();
    for (const proxy of stage.proxies) {
      proxy.refuse();
      proxy.cut();
    }
    await stage.redis.crash();
    await stage.redis.start();
    const newcomer = await startPod({
      REDIS_URL: stage.redis.url,
      ...UNLIMITED,
      HISTORY_SIZE: '5000',
      HISTORY_BYTES: String(1024 ** 3),
    });
    await eventually(() => newcomer.get('/readyz').then(({ status }) => status), 200, 10_000);
    const guest = await newcomer.connect({ rooms: ['lobby'] });
    const say = () => guest.request({ room: 'lobby', data: { content: 'the first' }, id: 'the-first' });
    await expect.poll(async () => (await say()).type, { timeout: 10_000 }).toBe('ack');
    stage.ledger.sent('the first', 'lobby', 'guest');
    stage.ledger.unanswered('the first');
    for (const proxy of stage.proxies) proxy.accept();
    await stage.allReset(PROMISED_MS);
    stage.load(300);
    await stage.flows();
    await stage.settle(name);
  });
});

describe('Redis comes back with all it had', () => {
  for (const awayMs of [1000, 5000]) {
    scenario(`but a pod is away for ${awayMs} ms more`, async (name) => {
      const stage = await Stage.set({ redis: LASTING });
      stage.load(300);
      await stage.flows();
      await restartWithoutAPod(stage, awayMs);
      await stage.flows(300);
      const { gaps } = await stage.settle(name);
      // Where a pod stays away for longer than 3 s, nobody knows what it knew.
      if (awayMs < 3000) expect(gaps).toBe(0);
    });
  }
});
