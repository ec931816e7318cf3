import { describe, expect } from 'vitest';
import { lasting, LASTING, scenario, Stage } from '../support/faults/stage.js';

describe('Redis goes away and comes back with all it had', () => {
  scenario('killed for 10 s', async (name) => {
    const stage = await Stage.set({ redis: LASTING });
    stage.load(500);
    await stage.flows(500);
    await stage.redis.crash();
    await lasting(10_000);
    await stage.redis.start();
    await stage.flows(500);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('killed in the midst of it and started again at once, three times', async (name) => {
    const stage = await Stage.set({ redis: LASTING });
    stage.load(500);
    for (let times = 0; times < 3; times++) {
      await stage.flows(300);
      await stage.redis.crash();
      await stage.redis.start();
    }
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('CLIENT PAUSE ALL for 8 s', async (name) => {
    const stage = await Stage.set();
    stage.load(300);
    await stage.flows();
    await stage.redis.cli('CLIENT', 'PAUSE', '8000', 'ALL');
    await lasting(8000);
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('flapping every 200 ms for 30 s', async (name) => {
    const stage = await Stage.set();
    stage.load(200);
    await stage.flows();
    for (let flaps = 0; flaps < 75; flaps++) {
      for (const proxy of stage.proxies) {
        proxy.refuse();
        proxy.cut();
      }
      await lasting(200);
      for (const proxy of stage.proxies) proxy.accept();
      await lasting(200);
    }
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});

describe('Redis takes nothing more', () => {
  scenario('maxmemory, noeviction', async (name) => {
    const stage = await Stage.set();
    stage.load(300);
    await stage.flows();
    await stage.redis.cli('CONFIG', 'SET', 'maxmemory', '1');
    await lasting(3000);
    await stage.redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    await stage.flows();
    const verdict = await stage.settle(name);
    expect(verdict).toMatchObject({ gaps: 0 });
    expect(verdict.refused).toBeGreaterThan(0);
  });

  scenario('READONLY, as a replica', async (name) => {
    const stage = await Stage.set();
    stage.load(300);
    await stage.flows();
    await stage.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await lasting(3000);
    await stage.redis.cli('REPLICAOF', 'NO', 'ONE');
    await stage.flows();
    const verdict = await stage.settle(name);
    expect(verdict).toMatchObject({ gaps: 0 });
    expect(verdict.refused).toBeGreaterThan(0);
  });
});

describe('the way to Redis is bad', () => {
  scenario('slow: 150 ms in either direction', async (name) => {
    const stage = await Stage.set();
    for (const proxy of stage.proxies) proxy.treat((passage) => passage.delay(150));
    stage.load(300);
    await stage.flows(1000);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0, refused: 0 });
  });

  scenario('in drops of 100 bytes', async (name) => {
    const stage = await Stage.set();
    for (const proxy of stage.proxies) proxy.treat((passage) => passage.dribble(100));
    stage.load(100);
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0, refused: 0 });
  });
});
