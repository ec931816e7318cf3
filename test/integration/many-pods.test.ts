import { describe, expect, it } from 'vitest';
import type { ChatClient } from '../support/chat-client.js';
import { redisEnv, startPod, twoPods, type Pod } from '../support/pods.js';
import { UNLIMITED } from '../support/unlimited.js';

/** Connects clients to the pods in turn. */
function crowd(pods: readonly Pod[], each: number, rooms: readonly string[]): Promise<ChatClient[]> {
  return Promise.all(Array.from({ length: each }, () => pods.map((pod) => pod.connect({ rooms }))).flat());
}

function threePods(env: Parameters<typeof startPod>[0]): Promise<Pod[]> {
  return Promise.all([startPod(env), startPod(env), startPod(env)]);
}

function fail(): never {
  throw new Error('nobody is there');
}

function ids(client: ChatClient, room?: string): unknown[] {
  return client.messages(room).map(({ id }) => id);
}

describe.each(['rooms', 'pattern'])('pods over one Redis, subscribed by %s', (REDIS_SUBSCRIBE) => {
  const env = () => ({ ...redisEnv(), REDIS_SUBSCRIBE });

  it('carry messages of rooms and to all across, each exactly once', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby'], query: { name: 'Ada' } });
    const grace = await two.connect({ rooms: ['lobby'], query: { name: 'Grace' } });
    await ada.say('Hello!', 'lobby');
    await grace.hears('Hello!', 'lobby');
    await grace.say('Hi!', 'lobby');
    await ada.hears('Hi!', 'lobby');
    await ada.say('to all');
    await grace.hears('to all');
    await grace.say('and back');
    await ada.hears('and back');
    for (const sentinel of ['sentinel 1', 'sentinel 2']) {
      await (sentinel === 'sentinel 1' ? ada : grace).say(sentinel, 'lobby');
      for (const client of [ada, grace]) await client.hears(sentinel, 'lobby');
    }
    for (const client of [ada, grace]) {
      expect(client.contents('lobby')).toEqual(['Hello!', 'Hi!', 'sentinel 1', 'sentinel 2']);
      expect(client.messages('lobby').map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
      expect(client.contents()).toEqual(['to all', 'and back']);
    }
    expect(grace.messages('lobby')).toEqual(ada.messages('lobby'));
  });

  it('keep a room from who is no member, on whatever pod', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby'] });
    const member = await two.connect({ rooms: ['lobby'] });
    const eve = await two.connect({ rooms: ['other'] });
    await ada.say('secret', 'lobby');
    await member.hears('secret', 'lobby');
    // Its pod has had the secret; had it been for Eve, it would be ahead of this.
    await ada.request({ type: 'join', room: 'other' });
    await ada.say('sentinel', 'other');
    await eve.hears('sentinel', 'other');
    expect(eve.messages('lobby')).toEqual([]);
  });

  it('give each of 300 clients on three pods every message once, all in the same order', async () => {
    const pods = await threePods(env());
    const clients = await crowd(pods, 100, ['hall']);
    const senders = clients.slice(0, 12);
    const [first = fail()] = clients;
    await Promise.all(
      senders.map(async (sender, who) => {
        for (let n = 0; n < 10; n++) await sender.say(`${who}/${n}`, 'hall');
      }),
    );
    await Promise.all(
      clients.map((client) => client.until(() => client.messages('hall').length >= 120, '120 messages')),
    );
    await first.say('sentinel', 'hall');
    await Promise.all(clients.map((client) => client.hears('sentinel', 'hall')));
    const order = ids(first, 'hall');
    expect(new Set(order).size).toBe(121);
    for (const client of clients) {
      expect(ids(client, 'hall')).toEqual(order);
      expect(client.ofType('gap')).toEqual([]);
    }
    expect(first.messages('hall').map(({ offset }) => offset)).toEqual(Array.from({ length: 121 }, (_, n) => n + 1));
    for (let who = 0; who < senders.length; who++) {
      const own = first.contents('hall').filter((content) => String(content).startsWith(`${who}/`));
      expect(own).toEqual(Array.from({ length: 10 }, (_, n) => `${who}/${n}`));
    }
  });

  it('give everybody on three pods what was said to all, in one order', async () => {
    const pods = await threePods(env());
    const clients = await crowd(pods, 10, []);
    const [first = fail()] = clients;
    await Promise.all(clients.map((client, n) => client.say(n)));
    await Promise.all(clients.map((client) => client.until(() => client.messages().length >= 30, '30 messages')));
    await first.say('sentinel');
    await Promise.all(clients.map((client) => client.hears('sentinel')));
    for (const client of clients) expect(ids(client)).toEqual(ids(first));
    expect(new Set(ids(first)).size).toBe(31);
  });

  it('bring a late joiner on another pod what is published after its ack, from the first message on', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby'] });
    for (let round = 1; round <= 10; round++) {
      const room = `room-${round}`;
      await ada.request({ type: 'join', room });
      await ada.say('before', room);
      const late = await two.connect();
      expect((await late.request({ type: 'join', room })).data.offset).toBe(1);
      await ada.say('after', room);
      await late.hears('after', room);
      expect(late.contents(room)).toEqual(['after']);
      await late.close();
    }
  });

  it('answer the same id on two pods with one receipt, and nobody sees a second copy', async () => {
    const [one, two] = await twoPods(env());
    const session = 'a-session-of-one-guest-1';
    const ada = await one.connect({ rooms: ['lobby'], query: { session } });
    const again = await two.connect({ rooms: ['lobby'], query: { session } });
    const message = { room: 'lobby', data: { content: 'once' }, id: 'same' };
    const [first, second] = await Promise.all([ada.request(message), again.request(message)]);
    expect(first.type).toBe('ack');
    expect(second).toEqual(first);
    expect((await again.request(message)).data).toEqual(first.data);
    const other = await again.request({ ...message, data: { content: 'twice' } });
    expect(other.data.code).toBe('conflict');
    // The key is of the user: somebody else's same id is another message.
    const grace = await two.connect({ rooms: ['lobby'] });
    expect((await grace.request(message)).data['id']).not.toBe(first.data['id']);
    await ada.say('sentinel', 'lobby');
    for (const client of [ada, again]) {
      await client.hears('sentinel', 'lobby');
      expect(client.contents('lobby')).toEqual(['once', 'once', 'sentinel']);
    }
  });

  it("bring one another's history, and resume on whatever pod", async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby'] });
    await ada.say(1, 'lobby');
    const { epoch, offset } = await ada.say(2, 'lobby');
    for (let n = 3; n <= 5; n++) await ada.say(n, 'lobby');
    const grace = await two.connect();
    const ack = await grace.request({ type: 'join', room: 'lobby', data: { since: { epoch, offset } } });
    expect(ack.data).toEqual({ room: 'lobby', epoch, offset: 5, recovered: true });
    await ada.say(6, 'lobby');
    await grace.hears(6, 'lobby');
    expect(grace.messages('lobby')).toEqual(ada.messages('lobby').slice(2));
    expect(grace.ofType('gap')).toEqual([]);
    const page = await grace.request({ type: 'history', room: 'lobby', data: { limit: 3, before: 6 } });
    expect(page.data).toEqual({ room: 'lobby', epoch, messages: ada.messages('lobby').slice(2, 5), more: true });
  });

  it('resume the global channel on another pod', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect();
    const lost = await one.connect();
    const since = lost.welcome.data['global'];
    await lost.kill();
    for (const content of ['one', 'two']) await ada.say(content);
    const back = await two.connect();
    const ack = await back.request({ type: 'join', data: { since } });
    expect(ack.data).toMatchObject({ offset: 2, recovered: true });
    expect(ack.data).not.toHaveProperty('room');
    await ada.say('three');
    await back.hears('three');
    expect(back.contents()).toEqual(['one', 'two', 'three']);
  });

  it('tell what retention has dropped before a resume', async () => {
    const settings = { ...env(), HISTORY_SIZE: '10', ...UNLIMITED };
    const [one, two] = await twoPods(settings);
    const ada = await one.connect({ rooms: ['lobby'] });
    const { epoch } = await ada.say(1, 'lobby');
    for (let n = 2; n <= 60; n++) await ada.say(n, 'lobby');
    const grace = await two.connect();
    const since = { epoch, offset: 1 };
    const ack = await grace.request({ type: 'join', room: 'lobby', data: { since } });
    expect(ack.data).toMatchObject({ offset: 60, recovered: false });
    await grace.hears(60, 'lobby');
    const [gap] = grace.ofType('gap');
    const kept = grace.messages('lobby');
    expect(kept.length).toBeGreaterThanOrEqual(10);
    const from = kept[0]?.offset ?? 0;
    expect(gap).toEqual({ type: 'gap', room: 'lobby', data: { cause: 'expired', from: 2, to: from - 1, epoch } });
    expect(kept.map(({ offset }) => offset)).toEqual(Array.from({ length: 61 - from }, (_, n) => from + n));
    const order = grace.frames.filter(({ type }) => type !== 'welcome').map(({ type }) => type);
    expect(order.slice(0, 3)).toEqual(['ack', 'gap', 'chat']);
  });
});
