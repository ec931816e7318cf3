import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { redisEnv, startPod, twoPods } from '../support/pods.js';

describe('pods without history', () => {
  const env = () => ({ ...redisEnv(), HISTORY_SIZE: '0' });

  it('carry messages across pods exactly once, without offsets', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    const receipt = await ada.say('Hello!', 'lobby');
    expect(receipt).toEqual({ id: expect.any(String), ts: expect.any(Number) });
    expect(await grace.hears('Hello!', 'lobby')).not.toHaveProperty('offset');
    await grace.say('to all');
    await ada.hears('to all');
    for (const [sender, content] of [
      [ada, 'sentinel 1'],
      [grace, 'sentinel 2'],
    ] as const) {
      await sender.say(content, 'lobby');
      for (const client of [ada, grace]) await client.hears(content, 'lobby');
    }
    for (const client of [ada, grace]) {
      expect(client.contents('lobby')).toEqual(['Hello!', 'sentinel 1', 'sentinel 2']);
      expect(client.contents()).toEqual(['to all']);
    }
  });

  it('keep rooms apart', async () => {
    const [one, two] = await twoPods(env());
    const ada = await one.connect({ rooms: ['lobby', 'other'] });
    const member = await two.connect({ rooms: ['lobby'] });
    const eve = await two.connect({ rooms: ['other'] });
    await ada.say('secret', 'lobby');
    await member.hears('secret', 'lobby');
    await ada.say('sentinel', 'other');
    await eve.hears('sentinel', 'other');
    expect(eve.messages('lobby')).toEqual([]);
  });

  it.each([
    ['over Redis', env],
    ['alone', () => ({ HISTORY_SIZE: '0' })],
  ])('%s: have no history and recover nothing', async (_, settings) => {
    const pod = await startPod(settings());
    const ada = await pod.connect({ rooms: ['lobby'] });
    expect(ada.welcome.data['global']).toBeUndefined();
    await ada.say('gone at once', 'lobby');
    expect((await ada.request({ type: 'history', room: 'lobby' })).data.code).toBe('unsupported');
    const grace = await pod.connect();
    const since = { epoch: 'some', offset: 3 };
    const ack = await grace.request({ type: 'join', room: 'lobby', data: { since } });
    expect(ack.data).toEqual({ room: 'lobby', recovered: false });
    await ada.say('sentinel', 'lobby');
    await grace.hears('sentinel', 'lobby');
    expect(grace.contents('lobby')).toEqual(['sentinel']);
    expect(grace.ofType('gap')).toEqual([]);
  });

  it('bring nothing twice where the answer of Redis was lost', async () => {
    const settings = { ...redisEnv(), HISTORY_SIZE: '0' };
    const proxy = await ChaosProxy.before(Number(new URL(settings.REDIS_URL).port));
    onTestFinished(() => proxy.close());
    const far = await startPod(settings);
    const near = await startPod({ ...settings, REDIS_URL: proxy.url });
    const ada = await near.connect({ rooms: ['lobby', 'side'] });
    const grace = await far.connect({ rooms: ['lobby', 'side'] });
    for (let round = 0; round < 3; round++) {
      for (const passage of proxy.passages()) passage.blackHole('towards the pod');
      for (const room of ['lobby', 'side']) {
        await ada.say(`${room} ${round}`, room);
        await grace.hears(`${room} ${round}`, room);
      }
      proxy.cut();
      await eventually(async () => (await near.get('/readyz')).status, 200);
    }
    for (const room of ['lobby', 'side']) {
      await ada.say('sentinel', room);
      await grace.hears('sentinel', room);
      expect(grace.contents(room)).toEqual([`${room} 0`, `${room} 1`, `${room} 2`, 'sentinel']);
    }
  });

  it('know the same id again on the pod that it was sent to, and on no other', async () => {
    const [one, two] = await twoPods(env());
    const query = { session: 'a-session-of-one-guest-1' };
    const ada = await one.connect({ rooms: ['lobby'], query });
    const again = await one.connect({ rooms: ['lobby'], query });
    const away = await two.connect({ rooms: ['lobby'], query });
    const message = { room: 'lobby', data: { content: 'once' }, id: 'same' };
    const [first, second] = await Promise.all([ada.request(message), again.request(message)]);
    expect(first).toMatchObject({ type: 'ack', data: { id: expect.any(String), ts: expect.any(Number) } });
    expect(second).toEqual(first);
    expect((await ada.request(message)).data).toEqual(first.data);
    expect((await again.request({ ...message, data: { content: 'else' } })).data.code).toBe('conflict');
    await away.hears('once', 'lobby');
    expect((await away.request(message)).data['id']).not.toBe(first.data['id']);
    await away.say('sentinel', 'lobby');
    for (const client of [ada, again, away]) {
      await client.hears('sentinel', 'lobby');
      expect(client.contents('lobby')).toEqual(['once', 'once', 'sentinel']);
    }
  });
});
