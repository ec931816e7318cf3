import { describe, expect, it } from 'vitest';
import { ChannelLogs } from '../../../src/adapters/memory/channel-logs.js';
import { KeyBudget, RecentIds } from '../../../src/adapters/memory/recent-ids.js';

const DAY = 86_400_000;
const OPTIONS = { historySize: 10, historyBytes: 1000, historyTtlMs: DAY, maxChannels: 100, maxKeys: 100 };

function logs(channels: number): ChannelLogs {
  const all = new ChannelLogs(OPTIONS, () => false);
  for (let index = 0; index < channels; index += 1) {
    const item = { id: 'm', ts: 1, head: 'xxxxx', tail: 'xxxxx' };
    all.open(`room-${index}`, 0).append(item, 0);
  }
  return all;
}

describe('sweeping many channels', () => {
  it('takes a bounded number each time and gets through them all', () => {
    const all = logs(25);
    const left = [1, 2, 3, 4].map(() => {
      all.sweep(8 * DAY, 10);
      return all.size;
    });
    expect(left).toEqual([15, 5, 0, 0]);
  });

  it('reaches channels that came while it was under way', () => {
    const all = logs(15);
    all.sweep(8 * DAY, 10);
    all.open('late', 0);
    all.sweep(8 * DAY, 10);
    expect(all.size).toBe(0);
  });

  it('are not kept when they are left, if nobody has published to them, and their position stays', () => {
    const all = logs(0);
    const before = all.open('lobby', 0).position;
    all.left('lobby', 0);
    expect(all.size).toBe(0);
    expect(all.open('lobby', 0).position).toEqual(before);
  });

  it('never gives a forgotten position again', () => {
    const all = logs(1);
    const before = all.open('room-0', 0).position;
    all.sweep(8 * DAY, 10);
    expect(all.open('room-0', 8 * DAY).position.epoch).not.toBe(before.epoch);
  });
});

describe('too many channels', () => {
  const item = { id: 'm', ts: 1, head: 'x', tail: 'x', once: { key: 'k', content: '' } };

  it('cost those that were left longest ago, and none that somebody listens to', () => {
    const listened = new Set<string>();
    const all = new ChannelLogs({ ...OPTIONS, maxChannels: 3 }, (channel) => listened.has(channel));
    for (const channel of ['a', 'b', 'c']) all.open(channel, 0).append(item, 0);
    const positions = ['a', 'b', 'c'].map((channel) => all.peek(channel, 0).position);
    listened.add('b');
    all.left('a', 1);
    all.open('d', 1).append(item, 1);
    expect(all.size).toBe(3);
    const now = ['a', 'b', 'c'].map((channel) => all.peek(channel, 1).position);
    expect(now.slice(0, 2)).toEqual(positions.slice(0, 2));
    expect(now[2]?.epoch).not.toBe(positions[2]?.epoch);
  });

  it('are kept where somebody listens to all of them', () => {
    const all = new ChannelLogs({ ...OPTIONS, maxChannels: 3 }, () => true);
    for (let n = 0; n < 200; n++) all.open(`${n}`, 0).append(item, 0);
    expect(all.size).toBe(200);
  });

  it('give their keys back', () => {
    const all = new ChannelLogs({ ...OPTIONS, maxChannels: 1, maxKeys: 2 }, () => false);
    for (let n = 0; n < 10; n++) all.open(`${n}`, 0).append(item, 0);
    const last = all.open('9', 0);
    last.append({ ...item, once: { key: 'other', content: '' } }, 0);
    expect(last.append(item, 0).frame).toBeUndefined();
  });
});

describe('recent keys', () => {
  it('are bounded over all channels: the oldest goes, whoever has filled the others', () => {
    const budget = new KeyBudget(4);
    const [busy, calm] = [new RecentIds(budget), new RecentIds(budget)];
    const once = (key: string) => ({ key, content: '' });
    const known = (recent: RecentIds, keys: readonly string[]) => keys.filter((key) => recent.find(once(key), 0));
    const add = (recent: RecentIds, keys: readonly string[]): void => {
      for (const key of keys) recent.add(once(key), { id: key, ts: 1 }, 0);
    };
    add(busy, ['1', '2', '3', '4', '5']);
    // Who comes to a full pod is remembered as long as everybody.
    add(calm, ['a', 'b', 'c']);
    expect([known(busy, ['1', '2', '3', '4', '5']), known(calm, ['a', 'b', 'c'])]).toEqual([['5'], ['a', 'b', 'c']]);
    add(busy, ['6', '7']);
    expect([known(calm, ['a', 'b', 'c']), budget.used]).toEqual([['b', 'c'], 4]);
    calm.forget(600_000);
    expect(budget.used).toBe(0);
  });

  it('give the places of forgotten ones back, however many come one after the other', () => {
    const budget = new KeyBudget(10);
    const recent = new RecentIds(budget);
    for (let n = 0; n < 5000; n++) recent.add({ key: `${n}`, content: '' }, { id: `${n}`, ts: 1 }, n);
    const known = Array.from({ length: 5000 }, (_, n) => n).filter((n) => recent.find({ key: `${n}`, content: '' }, n));
    expect([known, budget.used]).toEqual([Array.from({ length: 10 }, (_, n) => 4990 + n), 10]);
  });

  it('hold a digest in the place of the content', () => {
    const recent = new RecentIds(new KeyBudget(100));
    const once = { key: 'k', content: 'x'.repeat(100_000) };
    const receipt = { id: 'm', ts: 1 };
    expect(recent.find(once, 0)).toBeUndefined();
    recent.add(once, receipt, 0);
    expect(recent.find(once, 0)).toBe(receipt);
    expect(recent.find({ key: 'k', content: `${once.content}y` }, 0)).toBe('conflict');
  });

  it('are dropped in the order they came, and an empty one says so', () => {
    const recent = new RecentIds(new KeyBudget(100));
    recent.add({ key: 'a', content: '' }, { id: 'a', ts: 1 }, 0);
    recent.add({ key: 'b', content: '' }, { id: 'b', ts: 1 }, 1000);
    expect(recent.forget(600_000)).toBe(true);
    expect(recent.find({ key: 'a', content: '' }, 600_000)).toBeUndefined();
    expect(recent.find({ key: 'b', content: '' }, 600_000)).toMatchObject({ id: 'b' });
    expect(recent.forget(601_000)).toBe(false);
  });
});
