import { describe, expect, it } from 'vitest';
import { ChannelLogs } from '../../../src/adapters/memory/channel-logs.js';
import { RecentIds } from '../../../src/adapters/memory/recent-ids.js';

const DAY = 86_400_000;
const MIB = 1024 * 1024;
const OPTIONS = {
  historySize: 10,
  historyBytes: 1000,
  historyBytesTotal: 100 * MIB,
  historyTtlMs: DAY,
  maxChannels: 100,
  maxKeys: 100,
};

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

describe('all channels together', () => {
  // Ten messages take some 55,000 bytes, so eight channels of that fit, and half a one.
  const TOTAL = 466_000;
  const item = { id: 'm', ts: 1, head: 'x'.repeat(5000), tail: 'x' };
  const options = { ...OPTIONS, historyBytes: MIB, historyBytesTotal: TOTAL };
  const listened = new Set<string>();
  const setUp = (): ChannelLogs => {
    listened.clear();
    return new ChannelLogs(options, (channel) => listened.has(channel));
  };
  const publish = (all: ChannelLogs, channel: string, count: number): void => {
    for (let n = 0; n < count; n++) all.open(channel, 0).append(item, 0);
  };
  const listen = (all: ChannelLogs, channel: string): void => {
    listened.add(channel);
    all.open(channel, 0).setSubscribed(true);
  };
  const offsets = (all: ChannelLogs, channel: string): number[] => {
    const result = all.peek(channel, 0).read({ limit: 1000 }, 0);
    return result.status === 'read' ? result.entries.map(({ offset }) => offset) : expect.fail(result.status);
  };
  const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

  it('stay within the total: the one published to longest ago loses its oldest messages first', () => {
    const all = setUp();
    for (const channel of 'abcdefgh') publish(all, channel, 10);
    publish(all, 'a', 1);
    for (const channel of 'ij') publish(all, channel, 10);
    expect(all.held).toBeLessThanOrEqual(TOTAL);
    expect(offsets(all, 'a')).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(offsets(all, 'b')).toEqual([]);
    expect(offsets(all, 'c').length).toBeLessThan(10);
    expect(offsets(all, 'c')).toEqual(TEN.slice(10 - offsets(all, 'c').length));
    for (const channel of 'defghij') expect(offsets(all, channel), channel).toEqual(TEN);
  });

  it('leave a channel its position, from which it goes on in the same epoch', () => {
    const all = setUp();
    publish(all, 'a', 10);
    const before = all.peek('a', 0).position;
    for (const channel of 'bcdefghijk') publish(all, channel, 10);
    expect([all.peek('a', 0).position, offsets(all, 'a')]).toEqual([before, []]);
    publish(all, 'a', 1);
    expect(all.peek('a', 0).position).toEqual({ epoch: before.epoch, offset: 11 });
    expect(offsets(all, 'a')).toEqual([11]);
  });

  it('take last from channels that somebody listens to, and from one that was left as if nobody had', () => {
    const all = setUp();
    for (const channel of 'abcd') publish(all, channel, 10);
    for (const channel of 'abc') listen(all, channel);
    for (const channel of 'efghij') publish(all, channel, 10);
    expect(['a', 'b', 'c'].map((channel) => offsets(all, channel))).toEqual([TEN, TEN, TEN]);
    expect(offsets(all, 'd')).toEqual([]);
    listened.delete('b');
    all.left('b', 0);
    publish(all, 'k', 10);
    expect(['a', 'c'].map((channel) => offsets(all, channel))).toEqual([TEN, TEN]);
    expect([offsets(all, 'b'), offsets(all, 'k')]).toEqual([[], TEN]);
  });

  it('take from those that somebody listens to when there are no others', () => {
    const all = setUp();
    for (const channel of 'abcdefghij') {
      listen(all, channel);
      publish(all, channel, 10);
    }
    expect([offsets(all, 'a'), offsets(all, 'j')]).toEqual([[], TEN]);
    expect(all.held).toBeLessThanOrEqual(TOTAL);
  });

  it('may be one channel alone, which then loses its own oldest messages and never its newest', () => {
    const all = setUp();
    const wide = new ChannelLogs({ ...options, historySize: 1000 }, () => false);
    publish(wide, 'a', 500);
    const kept = offsets(wide, 'a');
    expect([kept.at(-1), kept.length > 80, wide.held <= TOTAL]).toEqual([500, true, true]);
    expect(all.held).toBe(0);
  });

  it('give back what expires, is forgotten or is cleared', () => {
    const all = setUp();
    publish(all, 'a', 10);
    publish(all, 'b', 10);
    const position = 302;
    all.sweep(DAY, 10);
    expect(all.held).toBe(2 * position);
    all.sweep(8 * DAY, 10);
    expect([all.size, all.held]).toEqual([0, 0]);
    publish(all, 'c', 10);
    all.clear();
    expect(all.held).toBe(0);
    all.open('d', 0);
    all.left('d', 0);
    expect(all.held).toBe(0);
  });

  it('remember no more positions than two fifths of the total hold', () => {
    const all = new ChannelLogs({ ...options, maxChannels: 100_000 }, () => false);
    for (let n = 0; n < 1000; n++) all.open(`${n}`, 0).append({ ...item, head: 'x' }, 0);
    expect(all.size).toBe(230);
    expect(all.held).toBeLessThanOrEqual(TOTAL);
  });
});

describe('recent keys', () => {
  const once = (key: string) => ({ key, content: '' });
  const sent = (id: string) => ({ id, ts: 1, offset: 1 });

  it('are bounded over all channels: the oldest goes, whoever has filled the others', () => {
    const recent = new RecentIds(4);
    const [busy, calm] = [1, 2];
    const known = (log: number, keys: readonly string[]) => keys.filter((key) => recent.find(log, once(key), 0));
    const add = (log: number, keys: readonly string[]): void => {
      for (const key of keys) recent.add(log, once(key), sent(key), 0);
    };
    add(busy, ['1', '2', '3', '4', '5']);
    // Who comes to a full pod is remembered as long as everybody.
    add(calm, ['a', 'b', 'c']);
    expect([known(busy, ['1', '2', '3', '4', '5']), known(calm, ['a', 'b', 'c'])]).toEqual([['5'], ['a', 'b', 'c']]);
    add(busy, ['6', '7']);
    expect([known(calm, ['a', 'b', 'c']), recent.size]).toEqual([['b', 'c'], 4]);
    recent.expire(600_000);
    expect(recent.size).toBe(0);
    add(busy, ['8']);
    expect([known(busy, ['1', '8']), recent.size]).toEqual([['8'], 1]);
  });

  it('go in the order they came, however many come one after the other', () => {
    const recent = new RecentIds(10);
    for (let n = 0; n < 5000; n++) recent.add(1, once(`${n}`), sent(`${n}`), n);
    const known = Array.from({ length: 5000 }, (_, n) => n).filter((n) => recent.find(1, once(`${n}`), n));
    expect([known, recent.size]).toEqual([Array.from({ length: 10 }, (_, n) => 4990 + n), 10]);
  });

  it('of one channel say nothing of another, whatever the keys look like', () => {
    const recent = new RecentIds(10);
    recent.add(1, once('1 k'), sent('m'), 0);
    expect([recent.find(11, once('k'), 0), recent.find(2, once('1 k'), 0)]).toEqual([undefined, undefined]);
    expect(recent.find(1, once('1 k'), 0)).toMatchObject({ id: 'm' });
  });

  it('hold a digest in the place of the content', () => {
    const recent = new RecentIds(100);
    const long = { key: 'k', content: 'x'.repeat(100_000) };
    expect(recent.find(1, long, 0)).toBeUndefined();
    recent.add(1, long, sent('m'), 0);
    expect(recent.find(1, long, 0)).toMatchObject(sent('m'));
    expect(recent.find(1, { key: 'k', content: `${long.content}y` }, 0)).toBe('conflict');
  });

  it('are dropped when ten minutes have passed, each by itself', () => {
    const recent = new RecentIds(100);
    recent.add(1, once('a'), sent('a'), 0);
    recent.add(1, once('b'), sent('b'), 1000);
    expect(recent.find(1, once('a'), 600_000)).toBeUndefined();
    expect(recent.find(1, once('b'), 600_000)).toMatchObject({ id: 'b' });
    recent.expire(601_000);
    expect(recent.size).toBe(0);
  });
});
