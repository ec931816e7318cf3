import { describe, expect, it } from 'vitest';
import { redisEnv, startPod } from '../support/pods.js';

const brokers = [
  ['alone', () => ({})],
  ['over Redis', () => redisEnv()],
  ['over Redis, subscribed by pattern', () => ({ ...redisEnv(), REDIS_SUBSCRIBE: 'pattern' })],
] as const;

describe.each(brokers)('a pod %s', (_, env) => {
  it('welcomes whoever upgrades, with the place to go on from', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ query: { name: 'Ada' } });
    expect(ada.welcome).toEqual({
      type: 'welcome',
      data: {
        protocol: 1,
        connection: expect.stringMatching(/^c_[\w-]{11,}$/),
        user: { id: expect.stringMatching(/^guest-[\w-]{22}$/), name: 'Ada' },
        session: expect.stringMatching(/^[\w.~-]{22,64}$/),
        global: { epoch: expect.stringMatching(/^.+$/), offset: 0 },
        limits: { messageBytes: 65_536, roomsPerConnection: 100 },
        heartbeatMs: 30_000,
      },
    });
  });

  it('knows a guest by the session', async () => {
    const pod = await startPod(env());
    const first = await pod.connect();
    const session = String(first.welcome.data['session']);
    const again = await pod.connect({ query: { session } });
    const other = await pod.connect();
    expect(again.welcome.data['user']).toEqual(first.welcome.data['user']);
    expect(other.welcome.data['user']).not.toEqual(first.welcome.data['user']);
  });

  it('carries a message to everybody in the room, in the form that was promised', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'], query: { name: 'Ada' } });
    const grace = await pod.connect({ rooms: ['lobby'], query: { name: 'Grace' } });
    const receipt = await ada.say('Hello!', 'lobby');
    expect(receipt).toEqual({
      id: expect.stringMatching(/^m_\w+$/),
      epoch: expect.any(String),
      offset: 1,
      ts: expect.any(Number),
    });
    const { id, ts } = receipt;
    const from = ada.welcome.data['user'];
    const message = { type: 'chat', room: 'lobby', id, from, ts, offset: 1, data: { content: 'Hello!' } };
    expect(await grace.hears('Hello!', 'lobby')).toEqual(message);
    expect(await ada.hears('Hello!', 'lobby')).toEqual(message);
  });

  it('gives the sender its own copy exactly once, before or behind the ack', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'] });
    for (const content of ['one', 'two', 'three']) await ada.say(content, 'lobby');
    await ada.hears('three', 'lobby');
    expect(ada.contents('lobby')).toEqual(['one', 'two', 'three']);
    await ada.say('to all');
    await ada.say('sentinel');
    await ada.hears('sentinel');
    expect(ada.contents()).toEqual(['to all', 'sentinel']);
  });

  it('carries events of an application with their type, and any JSON as data', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'] });
    const grace = await pod.connect({ rooms: ['lobby'] });
    const values = [null, false, 0, '', [], {}, [1, { deep: ['€', '😀', '\u0000'] }], '</script>'];
    for (const data of values) await ada.request({ type: 'app.event-1', room: 'lobby', data });
    await grace.until(() => grace.messages('lobby').length >= values.length, 'all events');
    expect(grace.messages('lobby').map(({ type, data }) => [type, data])).toEqual(
      values.map((data) => ['app.event-1', data]),
    );
  });

  it('keeps rooms apart: who is no member gets nothing and may send nothing', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'] });
    const eve = await pod.connect({ rooms: ['Lobby', 'lobby2', 'lob'] });
    await ada.say('secret', 'lobby');
    const answer = await eve.request({ room: 'lobby', data: { content: 'intruder' } });
    expect(answer.data.code).toBe('not_a_member');
    expect((await eve.request({ type: 'history', room: 'lobby' })).data.code).toBe('not_a_member');
    // Behind the secret on every path that it could have come by.
    await ada.say('sentinel', 'lobby');
    await ada.say('sentinel');
    await eve.hears('sentinel');
    await eve.request({ type: 'join', room: 'lobby' });
    await ada.say('now you hear me', 'lobby');
    await eve.hears('now you hear me', 'lobby');
    expect(eve.contents('lobby')).toEqual(['now you hear me']);
    await ada.hears('now you hear me', 'lobby');
    expect(ada.contents('lobby')).toEqual(['secret', 'sentinel', 'now you hear me']);
  });

  it('gives a late joiner what is published after its ack, and nothing from before', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'] });
    const { epoch } = await ada.say('before', 'lobby');
    const late = await pod.connect();
    const ack = await late.request({ type: 'join', room: 'lobby' });
    expect(ack.data).toEqual({ room: 'lobby', epoch, offset: 1 });
    await ada.say('after', 'lobby');
    expect(await late.hears('after', 'lobby')).toMatchObject({ offset: 2 });
    expect(late.contents('lobby')).toEqual(['after']);
  });

  it('joins twice without error and without copies', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby', 'lobby'] });
    expect((await ada.request({ type: 'join', room: 'lobby' })).type).toBe('ack');
    await ada.say('once', 'lobby');
    await ada.say('sentinel', 'lobby');
    await ada.hears('sentinel', 'lobby');
    expect(ada.contents('lobby')).toEqual(['once', 'sentinel']);
  });

  it('says nothing of a room to who has left it, until a new join', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect({ rooms: ['lobby'] });
    const grace = await pod.connect({ rooms: ['lobby'] });
    expect((await grace.request({ type: 'leave', room: 'lobby' })).data).toEqual({ room: 'lobby' });
    expect((await grace.request({ room: 'lobby', data: 'gone' })).data.code).toBe('not_a_member');
    expect((await grace.request({ type: 'leave', room: 'lobby' })).data.code).toBe('not_a_member');
    await ada.say('while away', 'lobby');
    const ack = await grace.request({ type: 'join', room: 'lobby' });
    expect(ack.data.offset).toBe(1);
    await ada.say('back', 'lobby');
    await grace.hears('back', 'lobby');
    expect(grace.contents('lobby')).toEqual(['back']);
  });

  it('takes the frames of a connection in their order, without waiting for answers', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect();
    ada.send({ type: 'join', room: 'lobby', id: 'join' });
    for (let n = 0; n < 20; n++) ada.send({ room: 'lobby', data: { content: n }, id: `${n}` });
    ada.send({ type: 'leave', room: 'lobby', id: 'leave' });
    ada.send({ room: 'lobby', data: { content: 'late' }, id: 'late' });
    await ada.until(() => ada.frames.find(({ re }) => re === 'late'), 'the last answer');
    expect(ada.contents('lobby')).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const answers = ada.frames.filter(({ re }) => re !== undefined).map(({ type, re }) => `${type} ${re}`);
    const acks = Array.from({ length: 20 }, (_, n) => `ack ${n}`);
    expect(answers).toEqual(['ack join', ...acks, 'ack leave', 'error late']);
    const leave = ada.frames.findIndex(({ re }) => re === 'leave');
    expect(ada.frames.slice(leave).some(({ type }) => type === 'chat')).toBe(false);
  });

  it('answers a ping', async () => {
    const pod = await startPod(env());
    const ada = await pod.connect();
    expect(await ada.request({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });
});
