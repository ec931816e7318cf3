import { describe, expect, it } from 'vitest';
import { FrameMemory } from '../../../src/adapters/memory/frame-memory.js';

describe('memory for frames', () => {
  it('is of its own size for the first frame, so that one kept for a day keeps nothing else alive', () => {
    const frame = new FrameMemory().take(200, 0);
    expect([frame.length, frame.buffer.byteLength]).toEqual([200, 200]);
  });

  it('grows with what is held, and overlaps nowhere', () => {
    const memory = new FrameMemory();
    const frames: Buffer[] = [];
    for (let held = 0; held < 100_000; held += 100) frames.push(memory.take(100, held));
    for (const [n, frame] of frames.entries()) frame.fill(n % 251);
    for (const [n, frame] of frames.entries()) expect(frame.every((byte) => byte === n % 251)).toBe(true);
    const chunks = new Set(frames.map(({ buffer }) => buffer));
    expect(chunks.size).toBeLessThan(20);
    expect(Math.max(...Array.from(chunks, ({ byteLength }) => byteLength))).toBeLessThanOrEqual(16_384);
  });

  it('has room for a frame larger than any chunk', () => {
    const memory = new FrameMemory();
    memory.take(10, 0);
    expect(memory.take(100_000, 20).length).toBe(100_000);
  });

  it('lets go of its chunk when nothing is kept any more', () => {
    const memory = new FrameMemory();
    const { buffer } = memory.take(10, 1000);
    memory.clear();
    expect(memory.take(10, 0).buffer).not.toBe(buffer);
  });
});
