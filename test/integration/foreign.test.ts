import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TOKENS } from '../../src/app/tokens.js';
import { redisEnv, startPod, twoPods, type Pod } from '../support/pods.js';
import { eventually } from '../support/eventually.js';

/** Another program, which knows nothing but the names of the channels. */
function otherProgram(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

function dropped(pod: Pod): number {
  return pod.container.get(TOKENS.hub).counts.dropped;
}

/** What pods hear of a message, as one who may listen hears it. */
async function payloadOf(env: ReturnType<typeof redisEnv>, say: () => Promise<unknown>) {
  const channel = `${env.REDIS_PREFIX}:room:lobby`;
  const listener = otherProgram(env.REDIS_URL);
  const heard = new Promise<Buffer>((resolve) => listener.once('messageBuffer', (_name, payload) => resolve(payload)));
  await listener.subscribe(channel);
  await say();
  return { channel, payload: await heard };
}

describe.each(['rooms', 'pattern'])('what other programs publish, subscribed by %s', (REDIS_SUBSCRIBE) => {
  const setting = () => ({ ...redisEnv(), REDIS_SUBSCRIBE });

  it('reaches the members of the room on every pod, and nobody else', async () => {
    const env = setting();
    const [one, two] = await twoPods(env);
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    const eve = await two.connect({ rooms: ['other'] });
    const program = otherProgram(env.REDIS_URL);
    const text = '{"type":"notice","data":{"content":"Hi"}}';
    await program.publish(`${env.REDIS_PREFIX}:room:lobby`, text);
    for (const client of [ada, grace]) {
      const frame = { type: 'notice', room: 'lobby', ts: expect.any(Number), data: { content: 'Hi' } };
      expect(await client.hears('Hi', 'lobby')).toEqual(frame);
    }
    await program.publish(`${env.REDIS_PREFIX}:global`, '{"data":{"content":"all"},"from":{"id":"bot","name":"Bot"}}');
    for (const client of [ada, grace, eve]) {
      const from = { id: 'bot', name: 'Bot' };
      expect(await client.hears('all')).toEqual({
        type: 'chat',
        from,
        ts: expect.any(Number),
        data: { content: 'all' },
      });
    }
    expect(eve.messages('lobby')).toEqual([]);
    expect(ada.contents('lobby')).toEqual(['Hi']);
  });

  it('takes no offset and is not stored', async () => {
    const env = setting();
    const pod = await startPod(env);
    const ada = await pod.connect({ rooms: ['lobby'] });
    await otherProgram(env.REDIS_URL).publish(`${env.REDIS_PREFIX}:room:lobby`, '{"data":{"content":"passing"}}');
    await ada.hears('passing', 'lobby');
    expect((await ada.say('first', 'lobby')).offset).toBe(1);
    const { data } = await ada.request({ type: 'history', room: 'lobby' });
    expect(data.messages?.map(({ data }) => data.content)).toEqual(['first']);
  });

  it('is dropped and counted where it is garbage, without harm to what follows', async () => {
    const env = setting();
    const pod = await startPod(env);
    const ada = await pod.connect({ rooms: ['lobby'] });
    const program = otherProgram(env.REDIS_URL);
    const deep = `{"data":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    const garbage: readonly (string | Buffer)[] = [
      '',
      'hello',
      '{',
      '{}',
      '[1]',
      '"text"',
      '{"data":1,"offset":7}',
      '{"data":1,"__proto__":{"type":"ack"}}',
      '{"data":1,"type":"ack"}',
      '{"data":1,"type":"Bad Name"}',
      '{"data":1,"type":7}',
      '{"data":1,"from":"Ada"}',
      '{"data":1,"from":{"id":"ada"}}',
      deep,
      `{"data":"${'x'.repeat(70_000)}"}`,
      `{"data":[${Array.from({ length: 12_000 }, () => '1e20').join()}]}`,
      Buffer.from([0x7b, 0x22, 0xc3, 0x28]),
      Buffer.from([1]),
      Buffer.from([1, 2, 3, 0xff, 0, 0]),
      Buffer.concat([Buffer.from([1]), Buffer.alloc(64, 0xff)]),
    ];
    for (const payload of garbage) await program.publish(`${env.REDIS_PREFIX}:room:lobby`, payload);
    await program.publish(`${env.REDIS_PREFIX}:room:lobby`, '{"data":{"content":"sentinel"}}');
    await ada.hears('sentinel', 'lobby');
    await eventually(() => dropped(pod), garbage.length);
    expect(ada.messages('lobby').length).toBe(1);
    await ada.say('goes on', 'lobby');
    expect(await ada.hears('goes on', 'lobby')).toMatchObject({ offset: 1 });
    expect(ada.ofType('gap')).toEqual([]);
  });

  it('takes nothing from a room where it claims offsets or an epoch that the log does not have', async () => {
    const env = setting();
    const [one, two] = await twoPods(env);
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    const program = otherProgram(env.REDIS_URL);
    const { channel, payload } = await payloadOf(env, () => ada.say('first', 'lobby'));
    const ahead = Buffer.from(payload);
    ahead.writeBigUInt64BE(51n, 49);
    const otherEpoch = Buffer.from(payload);
    otherEpoch.write('x'.repeat(16), 33, 'latin1');
    for (const forged of [ahead, otherEpoch, payload]) await program.publish(channel, forged);
    await ada.say('second', 'lobby');
    for (const client of [ada, grace]) {
      await client.hears('second', 'lobby');
      expect(client.contents('lobby')).toEqual(['first', 'second']);
      expect(client.ofType('gap')).toEqual([]);
    }
    const { data } = await grace.request({ type: 'history', room: 'lobby' });
    expect(data.messages?.map(({ data }) => data.content)).toEqual(['first', 'second']);
  });

  it.each([
    ['with a log', '1000'],
    ['without one', '0'],
  ])('can not be said in the name of a pod by a program that may only publish, %s', async (_what, HISTORY_SIZE) => {
    const env = { ...setting(), HISTORY_SIZE };
    const [one, two] = await twoPods(env);
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    const { channel, payload } = await payloadOf(env, () => ada.say('first', 'lobby'));
    await grace.hears('first', 'lobby');
    // All that a pod says of the very next message, but for what only who may ask Redis about itself can know.
    const forged = Buffer.from(payload.toString('latin1').replace('first', 'forge'), 'latin1');
    forged.write('x'.repeat(16), 1, 'latin1');
    if (HISTORY_SIZE === '0') forged.write('9'.repeat(16), 33, 'latin1');
    else forged.writeBigUInt64BE(2n, 49);
    await otherProgram(env.REDIS_URL).publish(channel, forged);
    for (const pod of [one, two]) await eventually(() => dropped(pod), 1);
    await ada.say('second', 'lobby');
    for (const client of [ada, grace]) {
      await client.hears('second', 'lobby');
      expect(client.contents('lobby')).toEqual(['first', 'second']);
    }
  });
});
