import { describe, expect, onTestFinished } from 'vitest';
import { scenario, Stage, until } from '../support/faults/stage.js';
import { PodProcess } from '../support/pod-process.js';

describe('rooms', () => {
  scenario('20 senders on 3 pods into one room', async (name) => {
    const stage = await Stage.set({ rooms: ['lobby'], clients: 7 });
    stage.load(1000);
    await stage.flows(5000);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0, refused: 0 });
  });

  scenario('publishing during a resume, on any pod', async (name) => {
    let next = 0;
    const stage = await Stage.set({ enter: () => ({ pod: () => next++ % 3 }) });
    stage.load(400);
    for (let times = 0; times < 20; times++) {
      await stage.flows(50);
      for (const client of stage.clients.slice(times % 4, (times % 4) + 6)) client.drop();
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('a long resume, while messages go on', async (name) => {
    let next = 0;
    const stage = await Stage.set({ enter: () => ({ pod: () => next++ % 3 }) });
    stage.load(800);
    const travellers = stage.clients.slice(0, 6);
    for (let times = 0; times < 2; times++) {
      for (const client of travellers) client.goAway();
      await stage.flows(1500);
      for (const client of travellers) client.comeBack();
      await stage.allReady();
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('everybody comes back to a big room at once, and nobody says another word', async (name) => {
    const start = async (env: Readonly<Record<string, string>>): Promise<number> => {
      const pod = await PodProcess.start(env);
      onTestFinished(async () => void (await pod.stop()));
      return pod.port;
    };
    const stage = await Stage.set({ pods: 1, clients: 1200, rooms: ['lobby'], start });
    const [speaker, ...others] = stage.clients;
    for (let times = 0; times < 4; times++) {
      for (const client of others) client.goAway();
      await until(() => others.every(({ ready }) => !ready), 'the end of their connections');
      for (let n = 0; n < 20; n++) speaker?.send('lobby');
      for (const client of others) client.comeBack();
      await stage.rest();
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0, refused: 0 });
  });

  scenario('a resume of more than the history holds', async (name) => {
    const stage = await Stage.set({ env: { HISTORY_SIZE: '100' } });
    stage.load(500);
    const [traveller] = stage.clients;
    traveller?.goAway();
    await stage.flows(1000);
    traveller?.comeBack();
    await stage.allReady();
    await stage.flows();
    const { gaps } = await stage.settle(name);
    expect(gaps).toBe(stage.rooms.length);
  });

  scenario('join, leave and join again, racing with publishes', async (name) => {
    const stage = await Stage.set();
    const restless = [0, 1, 2].map((pod) => stage.enter({ pod }));
    await stage.allReady();
    stage.load(500);
    for (let times = 0; times < 60; times++) {
      await stage.flows(10);
      for (const [n, client] of restless.entries()) {
        client.leave('lobby');
        if ((times + n) % 3 === 0) await until(() => !client.isMember('lobby'), 'the ack of the leave');
        client.join('lobby');
      }
      if (times % 5 === 0) await stage.allReady();
    }
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});
