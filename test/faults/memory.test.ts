import { describe, expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ChatClient, chatUrl } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { scenario, until } from '../support/faults/stage.js';
import { PodProcess } from '../support/pod-process.js';
import { startRedis } from '../support/redis.js';
import { Witness } from '../support/witness.js';
import { UNLIMITED } from '../support/unlimited.js';

const MIB = 1024 * 1024;
const PADDING = 'x'.repeat(40_000);

async function podBefore(url: string, env: Readonly<Record<string, string>>): Promise<PodProcess> {
  const pod = await PodProcess.start({ REDIS_URL: url, ...UNLIMITED, ...env });
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

async function enter(pod: PodProcess, room: string): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { rooms: [room] });
  onTestFinished(() => client.kill());
  return client;
}

/** A client in a room that reads nothing from its welcome on. */
async function enterAndSleep(pod: PodProcess, room: string): Promise<WebSocket> {
  const ws = new WebSocket(chatUrl(pod.port, { rooms: [room] }), { perMessageDeflate: false });
  onTestFinished(() => ws.terminate());
  ws.on('error', () => {});
  let frames = 0;
  ws.on('message', () => ++frames === 2 && ws.pause());
  await until(() => ws.isPaused, 'the room joined');
  return ws;
}

/** How much more memory a pod took at most than it had, in MiB, while something happened. */
async function growth(name: string, pod: PodProcess, happens: () => Promise<void>): Promise<number> {
  const before = pod.memory.now;
  await happens();
  const mebibytes = Math.round((pod.memory.peak - before) / MIB);
  console.info(`${name}: the pod grew by ${mebibytes} MiB at most`);
  return mebibytes;
}

describe('what a pod keeps', () => {
  scenario('is bounded while Redis is away and everybody goes on sending', async (name) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const proxy = await ChaosProxy.before(redis.port);
    onTestFinished(() => proxy.close());
    const pod = await podBefore(proxy.url, {});
    const clients = await Promise.all(Array.from({ length: 8 }, () => enter(pod, 'lobby')));
    const answers = (client: ChatClient): number => client.ofType('error').length + client.ofType('ack').length - 1;

    // Redis takes nothing and refuses nothing: the worst time to go on sending.
    proxy.treat((passage) => passage.blackHole());
    const grown = await growth(name, pod, async () => {
      for (let n = 1; n <= 1250; n++) {
        for (const [index, client] of clients.entries()) {
          client.send({ room: 'lobby', id: `${index} ${n}`, data: { content: n, padding: PADDING } });
        }
        await until(() => clients.every((client) => client.unsent < MIB), 'the pod to read');
      }
      await until(() => clients.every((client) => answers(client) === 1250), 'an answer to everything');
    });
    // 400 MB were sent.
    expect(grown).toBeLessThan(200);
    for (const client of clients) {
      expect(client.isOpen).toBe(true);
      expect(new Set(client.ofType('error').map(({ data }) => data.code))).toEqual(new Set(['unavailable']));
    }

    proxy.heal();
    const [ada] = clients;
    const say = async () => (await ada?.request({ room: 'lobby', id: 'after', data: { content: 'after' } }))?.type;
    await eventually(say, 'ack');
    for (const client of clients) await client.hears('after', 'lobby');
  });

  scenario('is bounded where many read nothing, and nobody else notices', async (name) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await podBefore(redis.url, UNLIMITED);
    const sleepers = await Promise.all(Array.from({ length: 30 }, () => enterAndSleep(pod, 'lobby')));
    const speaker = await enter(pod, 'lobby');
    const witness = await Witness.start(pod.port);
    onTestFinished(() => witness.stop());
    const grown = await growth(name, pod, async () => {
      for (let n = 1; n <= 1000; n++) {
        speaker.send({ room: 'lobby', data: { content: n, padding: PADDING } });
        if (n % 10 === 0) await speaker.hears(n, 'lobby');
      }
    });
    // A queue for each of them would hold 1.2 GB.
    expect(grown).toBeLessThan(200);
    await witness.noticedNothing();

    // They are told what they missed once they read on.
    for (const sleeper of sleepers) {
      const seen: number[] = [];
      let missed = 0;
      sleeper.on('message', (bytes: Buffer) => {
        const { type, offset, data } = JSON.parse(bytes.toString()) as Frame;
        if (offset !== undefined) seen.push(offset);
        if (type === 'gap') missed += data.to - data.from + 1;
      });
      sleeper.resume();
      await until(() => seen.at(-1) === 1000, 'the last message');
      expect(missed).toBeGreaterThan(0);
      expect(new Set(seen).size + missed).toBe(1000);
    }
  });

  scenario('is bounded while Redis is away and clients ask for one new room after the other', async (name) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await podBefore(redis.url, {});
    const client = await enter(pod, 'lobby');
    await redis.crash();
    const refused = (): number => client.ofType('error').length;
    const grown = await growth(name, pod, async () => {
      for (let n = 1; n <= 100_000; n++) {
        client.send({ type: 'join', room: `room-${n}`, id: `${n}` });
        if (n % 1000 === 0) await until(() => refused() === n, 'the answers');
      }
    });
    expect(grown).toBeLessThan(100);
    expect(new Set(client.ofType('error').map(({ data }) => data.code))).toEqual(new Set(['unavailable']));
    await redis.start();
    await eventually(async () => (await client.request({ type: 'join', room: 'room-1' })).type, 'ack');
  });

  scenario('is bounded where many resume and read nothing', async (name) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await podBefore(redis.url, { HISTORY_BYTES: String(8 * MIB) });
    const rooms = Array.from({ length: 10 }, (_, n) => `room-${n}`);
    const speaker = await enter(pod, 'room-0');
    for (const room of rooms) {
      await speaker.request({ type: 'join', room });
      for (let n = 0; n < 100; n++) await speaker.say(PADDING, room);
    }
    const asks = async (room: string): Promise<string> => {
      const { data } = await speaker.request({ type: 'history', room, data: { limit: 1 } });
      return String(data.epoch);
    };
    const epochs = await Promise.all(rooms.map(asks));
    const sleepers: WebSocket[] = [];
    const grown = await growth(name, pod, async () => {
      for (let n = 0; n < 15; n++) {
        const sleeper = await enterAndSleep(pod, 'lobby');
        sleepers.push(sleeper);
        for (const [index, room] of rooms.entries()) {
          sleeper.send(JSON.stringify({ type: 'join', room, data: { since: { epoch: epochs[index], offset: 0 } } }));
        }
      }
      // One after the other, as theirs are: they have asked for all of it when these are answered.
      for (let n = 0; n < 50; n++) await asks('room-0');
    });
    // A page of 4 MB for each of them in each room would be 600 MB.
    expect(grown).toBeLessThan(200);
    for (const sleeper of sleepers) {
      let seen = 0;
      sleeper.on('message', (bytes: Buffer) => (seen += (JSON.parse(bytes.toString()) as Frame).offset ? 1 : 0));
      sleeper.resume();
      await until(() => seen === 1000, 'all that was stored');
    }
  });

  scenario('is bounded where many ask for history and read nothing', async (name) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await podBefore(redis.url, { MAX_CONNECTIONS_PER_USER: '0' });
    const speaker = await enter(pod, 'lobby');
    for (let n = 0; n < 10; n++) await speaker.say(`${n} ${PADDING}`, 'lobby');
    const witness = await Witness.start(pod.port);
    onTestFinished(() => witness.stop());
    const grown = await growth(name, pod, async () => {
      for (let n = 0; n < 100; n++) {
        const sleeper = await enterAndSleep(pod, 'lobby');
        // Each answer has 256 KiB. More than a few of them fit into no socket.
        for (let m = 0; m < 30; m++) {
          sleeper.send(JSON.stringify({ type: 'history', room: 'lobby', id: `${m}`, data: {} }));
        }
      }
      for (let n = 0; n < 100; n++) await speaker.request({ type: 'history', room: 'lobby' });
    });
    // All answers would be 800 MB, of which sockets take half.
    expect(grown).toBeLessThan(200);
    await witness.noticedNothing();
  });

  scenario('is bounded where one asks and does not read: it gets no more than it takes', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await podBefore(redis.url, {});
    const speaker = await enter(pod, 'lobby');
    for (let n = 0; n < 50; n++) await speaker.say(`${n} ${PADDING}`, 'lobby');
    const sleeper = await enterAndSleep(pod, 'lobby');
    const answers: unknown[] = [];
    sleeper.on('message', (bytes: Buffer) => answers.push((JSON.parse(bytes.toString()) as Frame).re));
    // Each answer has 256 KiB: together six times what ends a connection.
    const ids = Array.from({ length: 100 }, (_, n) => `${n}`);
    for (const id of ids) sleeper.send(JSON.stringify({ type: 'history', room: 'lobby', id, data: {} }));
    // The pod would have done the same for the sleeper before.
    for (let n = 0; n < 100; n++) await speaker.request({ type: 'history', room: 'lobby' });
    sleeper.resume();
    await until(() => answers.length === ids.length, 'all answers');
    expect(answers).toEqual(ids);
    expect(sleeper.readyState).toBe(WebSocket.OPEN);
  });
});

interface Frame {
  readonly type: string;
  readonly re?: string;
  readonly offset?: number;
  readonly data: { readonly from: number; readonly to: number };
}
