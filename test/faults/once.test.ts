import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { isPublisher } from '../support/faults/passage.js';
import { scenario, Stage, until } from '../support/faults/stage.js';

describe('the same message', () => {
  for (const bytes of [0, 5]) {
    scenario(`its answer cut after ${bytes} bytes, once it was published`, async (name) => {
      const stage = await Stage.set();
      stage.load(200);
      for (let times = 0; times < 10; times++) {
        await stage.flows(50);
        const { proxy } = stage.pod(times % 3);
        const id = randomUUID();
        for (const passage of proxy.passages(isPublisher)) passage.onceSaid(id, () => passage.cutAfter(bytes));
        const client = stage.clients[times % 3];
        client?.send('lobby', id);
        // Without an id of the client's only the pod can know that it sends the same thing again.
        client?.outbox.mention(randomUUID(), 'lobby');
        await until(() => stage.ledger.sendings.get(id)?.receipt !== undefined, 'its ack');
      }
      expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
    });
  }

  scenario('its answer cut and Redis away for longer than a client waits: it is sent again', async (name) => {
    const stage = await Stage.set();
    const { proxy } = stage.pod(0);
    for (let times = 0; times < 3; times++) {
      const id = randomUUID();
      const [passage] = proxy.passages(isPublisher);
      passage?.onceSaid(id, () => {
        passage.cutAfter(0);
        proxy.refuse();
      });
      stage.clients[0]?.send('lobby', id);
      await until(() => stage.ledger.sendings.get(id)?.doubtful === true, 'an answer that it may have been published');
      proxy.accept();
      await until(() => stage.ledger.sendings.get(id)?.receipt !== undefined, 'its ack');
      await stage.allReady();
      await stage.flowsThrough(0);
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('sent to two pods at once', async (name) => {
    const stage = await Stage.set();
    const session = randomUUID();
    const [one, two] = [0, 1].map((pod) => stage.enter({ pod, session }));
    await stage.allReady();
    stage.load(100);
    for (let times = 0; times < 100; times++) {
      const id = randomUUID();
      one?.send('lobby', id);
      two?.send('lobby', id);
      await until(() => one?.outbox.has(id) === false && two?.outbox.has(id) === false, 'both acks');
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0, refused: 0 });
  });
});
