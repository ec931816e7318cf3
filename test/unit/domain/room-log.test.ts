import { describe, expect, it } from 'vitest';
import { RoomLog } from '../../../src/domain/room-log.js';

const MIB = 1024 * 1024;
const frame = (length = 1): Uint8Array => new Uint8Array(length);

function logOf(frames: number, offsets: readonly (number | undefined)[], start = 0): RoomLog {
  const log = new RoomLog({ frames, bytes: MIB }, start);
  for (const offset of offsets) log.append(frame(), offset);
  return log;
}

describe('RoomLog', () => {
  it('begins at the offset that the channel has reached', () => {
    const log = new RoomLog({ frames: 4, bytes: MIB }, 41);
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
    const log = new RoomLog({ frames: 8, bytes: MIB }, 0);
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

  it('trims by bytes where it comes to them first', () => {
    const log = new RoomLog({ frames: 4, bytes: 100 }, 0);
    for (const offset of [1, 2, 3]) log.append(frame(50), offset);
    log.trim(3);
    expect([log.base, log.baseOffset]).toEqual([1, 1]);
    // One that is larger than all that may be kept waits for its flush, and the others go first.
    log.append(frame(150), 4);
    log.trim(3);
    expect(log.base).toBe(3);
    log.trim(4);
    expect([log.base, log.top, log.offset]).toEqual([4, 4, 4]);
    for (const offset of [5, 6]) log.append(frame(50), offset);
    log.trim(6);
    expect(log.base).toBe(4);
    log.reset(frame(50), 2);
    log.append(frame(50), 3);
    log.trim(log.top);
    expect([log.base, log.top]).toEqual([6, 8]);
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
