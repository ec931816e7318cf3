import { describe, expect } from 'vitest';
import type { FaultClient } from '../support/faults/fault-client.js';
import { isListener } from '../support/faults/passage.js';
import { scenario, Stage, until } from '../support/faults/stage.js';

describe('the connection on which a pod listens', () => {
  scenario('is cut', async (name) => {
    const stage = await Stage.set();
    stage.load(500);
    for (let times = 0; times < 5; times++) {
      await stage.flows(300);
      stage.pod(times % 2).proxy.cut(isListener);
    }
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('is away for the last message, and nothing comes after it', async (name) => {
    const stage = await Stage.set();
    const { proxy } = stage.pod(0);
    for (let times = 0; times < 5; times++) {
      proxy.refuse();
      proxy.cut(isListener);
      const last = stage.rooms.map((room) => ({ room, id: stage.clients[1]?.send(room) ?? '' }));
      const place = (id: string) => stage.ledger.sendings.get(id)?.receipt;
      await until(() => last.every(({ id }) => place(id)), 'the acks');
      proxy.accept();
      const has = (client: FaultClient) =>
        last.every(({ room, id }) => client.hasReached(room, place(id) ?? { epoch: '', offset: 0 }));
      await until(() => stage.clients.every(has), 'the last message of each room, everywhere');
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('is cut in the middle of what it hears', async (name) => {
    const stage = await Stage.set();
    stage.load(500);
    for (let times = 0; times < 5; times++) {
      await stage.flows(200);
      for (const passage of stage.pod(0).proxy.passages(isListener)) passage.cutAfter(1000 + times);
    }
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('is ended by CLIENT KILL TYPE pubsub, in a burst', async (name) => {
    const stage = await Stage.set();
    stage.load(500);
    for (let times = 0; times < 10; times++) {
      await stage.flows(100);
      await stage.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    }
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('is ended by client-output-buffer-limit', async (name) => {
    const stage = await Stage.set({ redis: ['--client-output-buffer-limit', 'pubsub 256kb 0 0'], clients: 2 });
    const listeners = async (): Promise<string[]> => {
      const list = await stage.redis.cli('CLIENT', 'LIST', 'TYPE', 'pubsub');
      return [...list.matchAll(/^id=(\d+)/gm)].map(([, id]) => String(id));
    };
    for (let n = 0; n < 3; n++) stage.enter({ pod: n, padding: 20_000 });
    await stage.allReady();
    stage.load(200);
    await stage.flows();
    const before = await listeners();
    for (const passage of stage.pod(0).proxy.passages(isListener)) passage.stall();
    let now = before;
    const killed = async (): Promise<boolean> => {
      now = await listeners();
      return before.some((id) => !now.includes(id));
    };
    while (!(await killed())) await stage.flows(50);
    for (const passage of stage.pod(0).proxy.passages(isListener)) passage.heal();
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});
