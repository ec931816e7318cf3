import { describe, expect } from 'vitest';
import { isListener, isPublisher } from '../support/faults/passage.js';
import { lasting, PROMISED_MS, scenario, Stage, until } from '../support/faults/stage.js';

/** One reset in each room of each client, and nothing else. */
function oneEach(stage: Stage): number {
  return stage.clients.length * stage.rooms.length;
}

describe('Redis lost its history', () => {
  for (const rate of [300, 0]) {
    const when = rate === 0 ? 'in silence' : 'while messages flow';

    scenario(`wiped by FLUSHALL, ${when}`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      if (rate === 0) await stage.rest();
      await stage.redis.cli('FLUSHALL');
      await stage.allReset(PROMISED_MS);
      if (rate === 0) stage.load(300);
      await stage.flows();
      expect(await stage.settle(name)).toMatchObject({ gaps: oneEach(stage) });
    });

    scenario(`restarted empty, ${when}`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      if (rate === 0) await stage.rest();
      await stage.redis.crash();
      await stage.redis.start();
      await stage.allReset(PROMISED_MS);
      if (rate === 0) stage.load(300);
      await stage.flows();
      expect(await stage.settle(name)).toMatchObject({ gaps: oneEach(stage) });
    });
  }

  scenario('wiped while a pod compares what it missed, and then comes one message', async (name) => {
    const stage = await Stage.set();
    stage.load(300);
    await stage.flows();
    await stage.rest();
    const { proxy } = stage.pod(0);
    for (const passage of proxy.passages(isPublisher)) passage.delay(500);
    proxy.cut(isListener);
    await until(() => proxy.passages(isListener).length > 0, 'the new listener');
    // The comparison is answered by what was there before, and gets here after the message.
    await lasting(700);
    await stage.redis.cli('FLUSHALL');
    stage.clients[1]?.send('lobby');
    stage.clients[1]?.send('side');
    await stage.allReset(PROMISED_MS);
    proxy.heal();
    expect(await stage.settle(name)).toMatchObject({ gaps: oneEach(stage) });
  });
});
