import { describe, expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { scenario, Stage, until } from '../support/faults/stage.js';

describe('Redis is rewound', () => {
  scenario('in a room that nobody is in', async (name) => {
    const stage = await Stage.set({ rooms: ['lobby'], clients: 1 });
    const [ada, grace, linus] = stage.clients;
    if (!ada || !grace || !linus) throw new Error('three clients were wanted');
    const say = async (client: typeof ada, count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const id = client.send('attic') ?? '';
        await until(() => stage.ledger.sendings.get(id)?.receipt !== undefined, 'the ack');
      }
    };
    ada.join('attic');
    await stage.allReady();
    await say(ada, 10);
    await stage.redis.cli('SAVE');
    await say(ada, 10);
    ada.goAway();
    // A room's subscription outlives its last member by 5 s.
    const listeners = () => stage.redis.cli('PUBSUB', 'NUMSUB', 'realtime:room:attic');
    await eventually(listeners, 'realtime:room:attic\n0', 10_000);
    await stage.redis.crash();
    await stage.redis.start();
    grace.join('attic');
    await until(() => grace.ready, 'grace in the room');
    await say(grace, 20);
    ada.comeBack();
    await stage.allReady();
    linus.join('attic');
    await say(grace, 1);
    expect((await stage.settle(name)).repeated).toBe(0);
  });
});
