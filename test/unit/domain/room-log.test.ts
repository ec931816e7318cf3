import { describe, expect, it } from 'vitest';
import { RoomLog } from '../../../src/domain/room-log.js';

const frame = (length = 1): Uint8Array => new Uint8Array(length);

function logOf(capacity: number, offsets: readonly (number | undefined)[], start = 0): RoomLog {
  const log = new RoomLog(capacity, start);
  for (const offset of offsets) log.append(frame(), offset);
  return log;
}

describe('RoomLog', () => {
  it('begins at the offset that the channel has reached', () => {
    const log = new RoomLog(4, 41);
    expect([log.base, log.top, log.offset, log.baseOffset]).toEqual([0, 0, 41, 41]);
  });

  it('counts positions for every frame, offsets only for those that have one', () => {
    const log = logOf(4, [1, undefined, 2]);
    expect([0, 1, 2, 3].map((position) => log.offsetBefore(position))).toEqual([0, 1, 1, 2]);
    expect([0, 1, 2].map((offset) => log.positionAfter(offset))).toEqual([0, 2, 3]);
  });

  it('gives everyone who asks for the same the same batch', () => {
    const log = logOf(4, [1, 2, 3]);
    expect(log.batch(1, 3)).toBe(log.batch(1, 3));
    expect(log.batch(1, 3).frames).toHaveLength(2);
    expect(log.batch(1, 2).frames).toHaveLength(1);
  });

  it('bounds a batch by its weight, but never below one frame', () => {
    const log = new RoomLog(8, 0);
    for (const offset of [1, 2, 3]) log.append(frame(200 * 1024), offset);
    log.append(frame(300 * 1024), 4);
    expect(log.batch(0, 4)).toMatchObject({ end: 1, offset: 1 });
    expect(log.batch(3, 4)).toMatchObject({ end: 4, offset: 4 });
  });

  it('trims to its capacity and remembers where it now begins', () => {
    const log = logOf(2, [1, 2, undefined, 3]);
    log.trim(4);
    expect([log.base, log.baseOffset, log.top, log.offset]).toEqual([2, 2, 4, 3]);
  });

  it('never trims what has not been offered to anybody', () => {
    const log = logOf(1, [1, 2, 3]);
    log.trim(1);
    expect(log.base).toBe(1);
    log.trim(3);
    expect(log.base).toBe(2);
  });

  it('goes on after a reset with the frame that tells of it', () => {
    const log = logOf(4, [1, 2]);
    log.reset(frame(), 7);
    expect([log.base, log.resetAt, log.baseOffset, log.top, log.offset]).toEqual([2, 2, 0, 3, 7]);
  });
});
