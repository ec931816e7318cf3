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

  it('counts each buffer as a whole, once, as long as one of its frames is kept', () => {
    const log = new RoomLog({ frames: 100, bytes: MIB }, 0);
    const [first, second] = [new Uint8Array(5000), new Uint8Array(3000)];
    const empty = log.held;
    for (const offset of [1, 2, 3]) log.append(first.subarray(offset, offset + 10), offset);
    const one = log.held;
    for (const offset of [4, 5]) log.append(second.subarray(offset, offset + 10), offset);
    const both = log.held;
    expect([one - empty > 5000, one - empty < 6000, both - one > 3000, both - one < 3600]).toEqual(Array(4).fill(true));
    log.shed(1, 5);
    expect([log.base, both - log.held < 200]).toEqual([1, true]);
    log.shed(200, 5);
    expect(log.base).toBe(3);
    expect(both - log.held).toBeGreaterThan(5000);
    log.shed(Infinity, 5);
    expect([log.base, log.held]).toEqual([5, empty]);
    // The buffer that it dropped counts anew.
    log.append(second.subarray(0, 10), 6);
    expect(log.held - empty).toBeGreaterThan(3000);
  });

  it('sheds no more than it is asked for, and nothing that has not been offered', () => {
    const log = logOf(100, [1, 2, 3, 4, 5, 6]);
    const each = log.held / 6;
    log.shed(2 * each, 5);
    expect([log.base, log.baseOffset, log.held]).toEqual([2, 2, 4 * each]);
    log.shed(Infinity, 5);
    expect([log.base, log.top, log.held]).toEqual([5, 6, each]);
  });

  it('gives back what a reset drops', () => {
    const log = logOf(100, [1, 2, 3]);
    const each = log.held / 3;
    log.reset(frame(), 1);
    expect(log.held).toBe(each);
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
