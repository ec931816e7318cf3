import { describe } from 'vitest';
import { PROMISED_MS, scenario, Stage } from '../support/faults/stage.js';

describe('Redis is rewound', () => {
  scenario('to an epoch that had ended: it does not begin again', async (name) => {
    const stage = await Stage.set();
    stage.load(300);
    await stage.flows(600);
    await stage.redis.cli('SAVE');
    await stage.flows();
    await stage.redis.cli('FLUSHALL');
    await stage.allReset(PROMISED_MS);
    await stage.flows(20);
    await stage.redis.crash();
    await stage.redis.start();
    await stage.flows(300);
    await stage.settle(name);
  });
});
