import { describe, expect, it } from 'vitest';
import { RESERVED_TYPES } from '../../../src/domain/names.js';
import type { Hooks } from '../../../src/ports/hooks.js';
import { keepersOf } from '../../support/known-tokens.js';
import { TestPod } from '../../support/test-pod.js';

const FORBIDDEN = { code: 'forbidden', message: 'you may not do this here', retryable: false };
const keepers = keepersOf({
  ada: { user: 'ada' },
  bob: { user: 'bob', permissions: { join: ['team-*', 'lobby'], publish: ['lobby'], global: false } },
});

const started = (hooks: Hooks = {}): Promise<TestPod> => TestPod.started({ ports: { keepers, hooks } });

describe('what a token permits', () => {
  it.each([
    ['join', { type: 'join', room: 'secret', id: '1' }],
    ['resume', { type: 'join', room: 'secret', data: { since: { epoch: 'e', offset: 1 } }, id: '1' }],
    ['publish', { room: 'team-a', data: 1, id: '1' }],
    ['publish to everybody', { data: 1, id: '1' }],
    ['ask for the history of', { type: 'history', room: 'secret', id: '1' }],
  ])('he may not %s what it does not', async (_name, frame) => {
    const pod = await started();
    const bob = await pod.enter('token=bob&room=team-a&room=lobby');
    expect(await bob.send(frame)).toEqual([{ type: 'error', re: '1', data: FORBIDDEN }]);
  });

  it('is the same answer whether anybody is in the room or not', async () => {
    const pod = await started();
    const bob = await pod.enter('token=bob');
    const empty = await bob.send({ type: 'join', room: 'secret' });
    const ada = await pod.enter('token=ada&room=secret');
    await ada.send({ room: 'secret', data: 1 });
    expect(await bob.send({ type: 'join', room: 'secret' })).toEqual(empty);
    expect(await bob.send({ room: 'secret', data: 1 })).toEqual(empty);
    expect(ada.take()).toEqual([]);
  });

  it.each(RESERVED_TYPES.filter((type) => type !== 'ping'))('no %s gets anything of another room', async (type) => {
    const pod = await started();
    await pod.enter('token=ada&room=secret');
    const bob = await pod.enter('token=bob');
    expect(await bob.send({ type, room: 'secret', id: '1' })).toMatchObject([{ type: 'error', re: '1' }]);
  });

  it('holds for the rooms of the query too', async () => {
    const pod = await started();
    const bob = await pod.arrive('token=bob&room=secret&room=lobby');
    const [welcome, error, ack] = bob.take();
    expect([welcome?.type, error?.data, ack?.data['room']]).toEqual(['welcome', FORBIDDEN, 'lobby']);
  });

  it('allows what it does, and everything where it says nothing', async () => {
    const pod = await started();
    const bob = await pod.enter('token=bob&room=lobby&room=team-a');
    const ada = await pod.enter('token=ada&room=lobby');
    expect(await bob.send({ room: 'lobby', data: 'hello' })).toMatchObject([{ type: 'chat' }]);
    expect(await bob.send({ type: 'history', room: 'team-a', id: 'h' })).toMatchObject([{ type: 'ack' }]);
    expect(await ada.send({ data: 'to all' })).toMatchObject([{ data: 'hello' }, { data: 'to all' }]);
    expect(bob.take()).toMatchObject([{ data: 'to all' }]);
  });

  it('leaves it to the verb to say what is wrong with a name', async () => {
    const pod = await started();
    const bob = await pod.enter('token=bob');
    for (const frame of [
      { type: 'join', room: '*' },
      { room: '', data: 1 },
    ]) {
      expect(await bob.send(frame)).toMatchObject([{ data: { code: 'room_name' } }]);
    }
  });
});

describe('the authorize hook', () => {
  it('is asked with the user, what it is and where, and only for what the token permits', async () => {
    const asked: unknown[] = [];
    const pod = await started({ authorize: (user, action, room) => asked.push([user.id, action, room]) > 0 });
    const bob = await pod.enter('token=bob&room=lobby&room=secret');
    await bob.send({ room: 'lobby', data: 1 });
    await bob.send({ type: 'history', id: 'h' });
    await bob.send({ type: 'join', data: { since: { epoch: 'e', offset: 0 } } });
    await bob.send({ type: 'ping' });
    expect(asked).toEqual([
      ['bob', 'join', 'lobby'],
      ['bob', 'publish', 'lobby'],
      ['bob', 'history', undefined],
    ]);
  });

  it.each<[string, NonNullable<Hooks['authorize']>]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['something that is only truthy', () => 'yes' as unknown as boolean],
    ['a promise of that', () => Promise.resolve('yes' as unknown as boolean)],
    [
      'a throw',
      () => {
        throw new Error('broken');
      },
    ],
    ['a rejection', () => Promise.reject(new Error('broken'))],
  ])('denies by %s', async (_name, authorize) => {
    const pod = await started({ authorize });
    const ada = await pod.enter('token=ada');
    expect(await ada.send({ type: 'join', room: 'lobby', id: '1' })).toEqual([
      { type: 'error', re: '1', data: FORBIDDEN },
    ]);
  });

  it('denies where it does not answer in time, and what follows waits until then', async () => {
    const pod = await started({
      authorize: (_user, action) => (action === 'publish' ? true : new Promise(() => undefined)),
    });
    const ada = await pod.enter('token=ada');
    ada.push({ type: 'join', room: 'lobby', id: '1' });
    expect(await ada.send({ data: 'behind' })).toEqual([]);
    pod.clock.advance(2000);
    pod.scheduler.pass();
    await pod.settle();
    expect(pod.logger.lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'authorize failed' }));
    expect(ada.take()).toMatchObject([{ re: '1', data: { code: 'forbidden' } }, { data: 'behind' }]);
  });

  it('does nothing any more for who has gone meanwhile', async () => {
    let answer = (_allowed: boolean): void => {};
    const pod = await started({ authorize: () => new Promise((resolve) => (answer = resolve)) });
    const ada = await pod.enter('token=ada');
    ada.push({ type: 'join', room: 'lobby' });
    await pod.settle();
    const rooms = pod.hub.counts.rooms;
    ada.leave();
    answer(true);
    await pod.settle();
    expect(pod.hub.counts.rooms).toBe(rooms);
  });

  it('takes the word of whatever can be waited for', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- such an object is what is tried here
    const thenable = { then: (resolve: (allowed: boolean) => void): void => resolve(true) };
    const pod = await started({ authorize: () => thenable as Promise<boolean> });
    const ada = await pod.enter('token=ada');
    expect(await ada.send({ type: 'join', room: 'lobby', id: '1' })).toMatchObject([{ type: 'ack' }]);
  });

  it('is waited for by one timer, however often it is asked, and by none when it has answered', async () => {
    const pod = await started({ authorize: () => Promise.resolve(true) });
    const clients = await Promise.all(Array.from({ length: 20 }, () => pod.enter('token=ada')));
    let timers = 0;
    const later = pod.scheduler.later.bind(pod.scheduler);
    pod.scheduler.later = (ms, task) => later(ms, ((timers += 1), task));
    for (const client of clients) client.push({ type: 'join', room: 'lobby' });
    await pod.settle();
    expect(timers).toBe(1);
    pod.scheduler.pass();
    pod.scheduler.pass();
    expect(timers).toBe(1);
  });

  it('keeps what one connection sends in its order, however long each answer takes', async () => {
    const answers: ((allowed: boolean) => void)[] = [];
    const pod = await started({
      authorize: (_user, action) => action === 'join' || new Promise((resolve) => answers.push(resolve)),
    });
    const ada = await pod.enter('token=ada&room=lobby');
    for (const data of [1, 2, 3]) ada.push({ room: 'lobby', data });
    for (const allowed of [true, false, true]) {
      await pod.settle();
      answers.shift()?.(allowed);
    }
    await pod.settle();
    expect(ada.take()).toMatchObject([{ data: 1 }, { data: { code: 'forbidden' } }, { data: 3 }]);
  });
});
