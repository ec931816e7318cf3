import { describe, expect, it } from 'vitest';
import { FrameMemory } from '../../../src/adapters/memory/frame-memory.js';

describe('memory for frames', () => {
  it('is of its own size for the first frame, so that one kept for a day keeps nothing else alive', () => {
    const frame = new FrameMemory().write('x'.repeat(200), 0);
    expect([frame.length, frame.buffer.byteLength]).toEqual([200, 200]);
  });

  it('grows with what is held, and overlaps nowhere', () => {
    const memory = new FrameMemory();
    const texts = Array.from({ length: 1000 }, (_, n) => `${n} ${'äx語👋'.repeat(n % 13)}`);
    let held = 0;
    const frames = texts.map((text) => {
      const frame = memory.write(text, held);
      held += frame.length;
      return frame;
    });
    expect(frames.map((frame) => frame.toString())).toEqual(texts);
    const chunks = new Set(frames.map(({ buffer }) => buffer));
    expect(chunks.size).toBeLessThan(20);
    expect(Math.max(...Array.from(chunks, ({ byteLength }) => byteLength))).toBeLessThanOrEqual(16_384);
  });

  it('has room for a frame larger than any chunk', () => {
    const memory = new FrameMemory();
    memory.write('x', 0);
    expect(memory.write('ä'.repeat(50_000), 20).length).toBe(100_000);
  });

  it('fills a chunk to its last byte, whatever its characters take', () => {
    const memory = new FrameMemory();
    const [first, second] = [memory.write('x'.repeat(60), 100), memory.write('語'.repeat(13), 100)];
    const third = memory.write('y', 100);
    expect([first.buffer === second.buffer, second.buffer === third.buffer]).toEqual([true, true]);
  });

  it('gives a large frame memory of its own size, whatever is held', () => {
    const memory = new FrameMemory();
    expect(memory.write('x'.repeat(10_000), 1_000_000).buffer.byteLength).toBe(10_000);
  });
});
