import { describe, expect, it } from 'vitest';
import { ChannelLogs } from '../../../src/adapters/memory/channel-logs.js';
import { RecentIds } from '../../../src/adapters/memory/recent-ids.js';

const DAY = 86_400_000;
const nobody = (): boolean => false;

function logs(channels: number): ChannelLogs {
  const all = new ChannelLogs({ historySize: 10, historyBytes: 1000, historyTtlMs: DAY });
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
      all.sweep(8 * DAY, nobody, 10);
      return all.size;
    });
    expect(left).toEqual([15, 5, 0, 0]);
  });

  it('reaches channels that came while it was under way', () => {
    const all = logs(15);
    all.sweep(8 * DAY, nobody, 10);
    all.open('late', 0);
    all.sweep(8 * DAY, nobody, 10);
    expect(all.size).toBe(0);
  });

  it('never gives a forgotten position again', () => {
    const all = logs(1);
    const before = all.open('room-0', 0).position;
    all.sweep(8 * DAY, nobody, 10);
    expect(all.open('room-0', 8 * DAY).position.epoch).not.toBe(before.epoch);
  });
});

describe('recent keys', () => {
  it('hold a digest in the place of the content', () => {
    const recent = new RecentIds();
    const once = { key: 'k', content: 'x'.repeat(100_000) };
    const receipt = { id: 'm', ts: 1 };
    expect(recent.find(once, 0)).toBeUndefined();
    recent.add(once, receipt, 0);
    expect(recent.find(once, 0)).toBe(receipt);
    expect(recent.find({ key: 'k', content: `${once.content}y` }, 0)).toBe('conflict');
  });

  it('are dropped in the order they came, and an empty one says so', () => {
    const recent = new RecentIds();
    recent.add({ key: 'a', content: '' }, { id: 'a', ts: 1 }, 0);
    recent.add({ key: 'b', content: '' }, { id: 'b', ts: 1 }, 1000);
    expect(recent.forget(600_000)).toBe(true);
    expect(recent.find({ key: 'a', content: '' }, 600_000)).toBeUndefined();
    expect(recent.find({ key: 'b', content: '' }, 600_000)).toMatchObject({ id: 'b' });
    expect(recent.forget(601_000)).toBe(false);
  });
});
