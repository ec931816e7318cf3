import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  MemoryBroadcaster,
  memoryBroadcaster,
  type MemoryBroadcasterOptions,
} from '../../../src/adapters/memory/index.js';
import type { BroadcastReceiver, Channel, Position, Publication } from '../../../src/ports/broadcast-port.js';
import { ManualClock } from '../../support/manual-clock.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

class Log implements BroadcastReceiver {
  readonly told: string[] = [];
  hook: (() => void) | undefined;

  published(channel: Channel, first: number, frames: readonly Uint8Array[]): void {
    this.told.push(`${channel} ${first} ${frames.map((frame) => Buffer.from(frame).toString()).join()}`);
    this.hook?.();
  }

  lost(): void {
    this.told.push('lost');
  }

  reset(): void {
    this.told.push('reset');
  }

  foreign(): void {
    this.told.push('foreign');
  }

  announced(): void {
    this.told.push('announced');
  }
}

function item(text: string, once?: string): Publication {
  const publication = { id: text, ts: 1, head: `{"a":"${text}"`, tail: '}' };
  return once === undefined ? publication : { ...publication, once: { key: once, content: text } };
}

let clock: ManualClock;
let log: Log;
const open: MemoryBroadcaster[] = [];

async function started(options: MemoryBroadcasterOptions = {}): Promise<MemoryBroadcaster> {
  const broadcaster = memoryBroadcaster({ clock, ...options });
  open.push(broadcaster);
  await broadcaster.start(log);
  return broadcaster;
}

async function position(broadcaster: MemoryBroadcaster, channel: Channel): Promise<Position> {
  const result = await broadcaster.read(channel, { limit: 1 });
  return result.status === 'read' ? result.position : expect.fail(result.status);
}

async function stored(broadcaster: MemoryBroadcaster, channel: Channel): Promise<number[]> {
  const result = await broadcaster.read(channel, { limit: 1000 });
  return result.status === 'read' ? result.entries.map(({ offset }) => offset) : expect.fail(result.status);
}

beforeEach(() => {
  clock = new ManualClock();
  log = new Log();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((broadcaster) => broadcaster.close()));
});

describe('telling', () => {
  it('tells its receiver before publish returns', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    const publishing = broadcaster.publish('lobby', item('a'));
    expect(log.told).toEqual(['lobby 1 {"a":"a","offset":1}']);
    await publishing;
  });

  it('never calls the receiver within itself, and tells what it published meanwhile in order', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    await broadcaster.subscribe('hall');
    const depths: number[] = [];
    let depth = 0;
    const waiting: [string, string][] = [
      ['lobby', 'b'],
      ['hall', 'c'],
      ['lobby', 'd'],
    ];
    log.hook = () => {
      depth += 1;
      depths.push(depth);
      for (const [channel, text] of waiting.splice(0, 2)) void broadcaster.publish(channel, item(text));
      depth -= 1;
    };
    void broadcaster.publish('lobby', item('a'));
    expect(depths).toEqual([1, 1, 1, 1]);
    expect(log.told.map((told) => told.slice(0, 7))).toEqual(['lobby 1', 'lobby 2', 'hall 1 ', 'lobby 3']);
  });

  it('does not tell a new subscription what waited for the old one', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    let again: ReturnType<MemoryBroadcaster['subscribe']> | undefined;
    log.hook = () => {
      log.hook = undefined;
      void broadcaster.publish('lobby', item('b'));
      broadcaster.unsubscribe('lobby');
      again = broadcaster.subscribe('lobby');
    };
    await broadcaster.publish('lobby', item('a'));
    expect(log.told).toHaveLength(1);
    expect(await again).toMatchObject({ position: { offset: 2 } });
  });

  it('answers the position told last where a message still waits to be told', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    let again: ReturnType<MemoryBroadcaster['subscribe']> | undefined;
    log.hook = () => {
      log.hook = undefined;
      void broadcaster.publish('lobby', item('b'));
      again = broadcaster.subscribe('lobby');
    };
    await broadcaster.publish('lobby', item('a'));
    expect(await again).toMatchObject({ position: { offset: 1 } });
    expect(log.told).toHaveLength(2);
  });

  it('tells nothing more when it is closed from within', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    log.hook = () => {
      void broadcaster.publish('lobby', item('b'));
      void broadcaster.close();
    };
    await broadcaster.publish('lobby', item('a'));
    expect(log.told).toHaveLength(1);
  });

  it('goes on after a receiver that broke its promise not to throw', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    log.hook = () => {
      log.hook = undefined;
      throw new Error('broken');
    };
    expect(() => broadcaster.publish('lobby', item('a'))).toThrow('broken');
    await broadcaster.publish('lobby', item('b'));
    expect(log.told).toHaveLength(2);
  });
});

describe('life', () => {
  it('answers unavailable before it is started', async () => {
    const broadcaster = memoryBroadcaster();
    expect(broadcaster.health).toEqual({ ready: false, reason: 'not started' });
    expect(await broadcaster.publish('lobby', item('a'))).toEqual({ status: 'unavailable' });
    expect(await broadcaster.subscribe('lobby')).toEqual({ status: 'unavailable' });
    expect(await broadcaster.read('lobby', { limit: 1 })).toEqual({ status: 'unavailable' });
    broadcaster.unsubscribe('lobby');
  });

  it('is started once, and not after close', async () => {
    const broadcaster = await started();
    await expect(broadcaster.start(log)).rejects.toThrow('once');
    await broadcaster.close();
    await expect(broadcaster.start(log)).rejects.toThrow('after close');
  });

  it('can be closed without a start', async () => {
    const broadcaster = new MemoryBroadcaster();
    await broadcaster.close();
    expect(broadcaster.health).toEqual({ ready: false, reason: 'closed' });
  });

  it.each([
    { historySize: -1 },
    { historySize: 1.5 },
    { historySize: Number.NaN },
    { historyBytes: 0 },
    { historyBytesTotal: 0 },
    { historyTtlSeconds: 0 },
    { historyTtlSeconds: Number.POSITIVE_INFINITY },
  ])('refuses %o', (options) => {
    const [name] = Object.keys(options);
    expect(() => memoryBroadcaster(options)).toThrow(name);
  });
});

describe('epochs', () => {
  it('are 16 base64url characters, and other ones for each broadcaster', async () => {
    const epochs = await Promise.all([started(), started()].map(async (it) => (await position(await it, 'a')).epoch));
    for (const epoch of epochs) expect(epoch).toMatch(/^[\w-]{16}$/);
    expect(new Set(epochs).size).toBe(2);
  });

  it('of an empty channel stay while nobody listens', async () => {
    const broadcaster = await started();
    const before = await broadcaster.subscribe('lobby');
    broadcaster.unsubscribe('lobby');
    expect(await broadcaster.subscribe('lobby')).toEqual(before);
  });
});

describe('retention', () => {
  it('keeps historySize messages', async () => {
    const broadcaster = await started({ historySize: 3 });
    for (let count = 0; count < 10; count += 1) await broadcaster.publish('lobby', item('a'));
    expect(await stored(broadcaster, 'lobby')).toEqual([8, 9, 10]);
  });

  it('keeps historyBytes of messages, but the newest in any case', async () => {
    const broadcaster = await started({ historySize: 5, historyBytes: 70 });
    for (let count = 0; count < 7; count += 1) await broadcaster.publish('lobby', item('a'));
    // A frame has 20 bytes.
    expect(await stored(broadcaster, 'lobby')).toEqual([5, 6, 7]);
    await broadcaster.publish('lobby', item('x'.repeat(100)));
    expect(await stored(broadcaster, 'lobby')).toEqual([8]);
    await broadcaster.publish('lobby', item('a'));
    expect(await stored(broadcaster, 'lobby')).toEqual([9]);
  });

  it('counts from the last message of the channel, and a subscription does not renew it', async () => {
    const broadcaster = await started({ historyTtlSeconds: 60 });
    await broadcaster.publish('lobby', item('a'));
    clock.advance(MINUTE - 1);
    await broadcaster.publish('lobby', item('b'));
    await broadcaster.subscribe('lobby');
    clock.advance(MINUTE - 1);
    expect(await stored(broadcaster, 'lobby')).toEqual([1, 2]);
    clock.advance(1);
    expect(await stored(broadcaster, 'lobby')).toEqual([]);
  });

  it('does not bring old messages back with a new one', async () => {
    const broadcaster = await started({ historyTtlSeconds: 60, historySize: 3 });
    for (let count = 0; count < 4; count += 1) await broadcaster.publish('lobby', item('a'));
    clock.advance(MINUTE);
    for (let count = 0; count < 2; count += 1) await broadcaster.publish('lobby', item('b'));
    expect(await stored(broadcaster, 'lobby')).toEqual([5, 6]);
    for (let count = 0; count < 3; count += 1) await broadcaster.publish('lobby', item('c'));
    expect(await stored(broadcaster, 'lobby')).toEqual([7, 8, 9]);
  });
});

describe('keys', () => {
  it('count for ten minutes from the first time, whatever the repetitions', async () => {
    const broadcaster = await started();
    const first = await broadcaster.publish('lobby', item('a', 'k'));
    clock.advance(10 * MINUTE - 1);
    expect(await broadcaster.publish('lobby', item('a', 'k'))).toEqual(first);
    clock.advance(1);
    expect(await broadcaster.publish('lobby', item('b', 'k'))).toMatchObject({ receipt: { position: { offset: 2 } } });
  });

  it('count for ten minutes even where the history is shorter', async () => {
    const broadcaster = await started({ historyTtlSeconds: 1 });
    const first = await broadcaster.publish('lobby', item('a', 'k'));
    clock.advance(9 * MINUTE);
    expect(await broadcaster.publish('lobby', item('a', 'k'))).toEqual(first);
    expect(await broadcaster.publish('lobby', item('b', 'k'))).toEqual({ status: 'conflict' });
  });
});

describe('sweep', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('has no timer before the first channel, one for many, and none after close', async () => {
    const broadcaster = await started();
    expect(vi.getTimerCount()).toBe(0);
    await Promise.all(['a', 'b', 'c'].map(async (channel) => await broadcaster.publish(channel, item('a'))));
    expect(vi.getTimerCount()).toBe(1);
    await broadcaster.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves epoch and offset for seven days after the messages, and stops when nothing is left', async () => {
    const broadcaster = await started();
    await broadcaster.publish('lobby', item('a'));
    const before = await position(broadcaster, 'lobby');
    clock.advance(8 * DAY - 1);
    vi.advanceTimersByTime(MINUTE);
    expect(await position(broadcaster, 'lobby')).toEqual(before);
    clock.advance(1);
    vi.advanceTimersByTime(MINUTE);
    expect(vi.getTimerCount()).toBe(0);
    const after = await position(broadcaster, 'lobby');
    expect(after.offset).toBe(0);
    expect(after.epoch).not.toBe(before.epoch);
  });

  it('never forgets a channel that somebody listens to, and counts from when the last one left', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    await broadcaster.publish('lobby', item('a'));
    const before = await position(broadcaster, 'lobby');
    clock.advance(100 * DAY);
    vi.advanceTimersByTime(MINUTE);
    expect(await position(broadcaster, 'lobby')).toEqual(before);
    broadcaster.unsubscribe('lobby');
    clock.advance(8 * DAY - 1);
    vi.advanceTimersByTime(MINUTE);
    expect(await position(broadcaster, 'lobby')).toEqual(before);
    clock.advance(1);
    vi.advanceTimersByTime(MINUTE);
    expect((await position(broadcaster, 'lobby')).offset).toBe(0);
  });

  it('keeps nothing of channels that were only joined or read', async () => {
    const broadcaster = await started();
    await broadcaster.subscribe('lobby');
    broadcaster.unsubscribe('lobby');
    await broadcaster.read('hall', { limit: 1 });
    vi.advanceTimersByTime(MINUTE);
    expect(vi.getTimerCount()).toBe(0);
  });
});
