import { describe, expect, it } from 'vitest';
import { backoff, isFinal } from '../../../src/page/backoff.js';
import { Channel } from '../../../src/page/channel.js';
import { isMessage, textOf } from '../../../src/page/frames.js';

const message = (offset: number): { type: string; offset: number } => ({ type: 'chat', offset });

describe('Channel', () => {
  it('joins, asks for what came before, and shows what comes after', () => {
    const channel = new Channel('lobby');
    expect(channel.join()).toStrictEqual({ type: 'join', room: 'lobby' });
    expect(channel.joined({ epoch: 'e', offset: 41 })).toBe(42);
    expect([42, 43, 43].map((offset) => channel.takes(message(offset)))).toStrictEqual([true, true, false]);
  });

  it('needs no join for the global channel, only to resume it', () => {
    const channel = new Channel(undefined);
    expect(channel.join()).toBeUndefined();
    channel.joined({ epoch: 'e', offset: 7 });
    expect(channel.join()).toStrictEqual({ type: 'join', room: undefined, data: { since: { epoch: 'e', offset: 7 } } });
  });

  it('resumes after the last message shown, and takes nothing out of turn', () => {
    const channel = new Channel('lobby');
    channel.joined({ epoch: 'e', offset: 41 });
    channel.takes(message(42));
    expect(channel.join()).toMatchObject({ data: { since: { epoch: 'e', offset: 42 } } });
    expect(channel.takes(message(50))).toBe(false);
    expect(channel.joined({ epoch: 'e', offset: 50, recovered: true })).toBeUndefined();
    expect([43, 44].map((offset) => channel.takes(message(offset)))).toStrictEqual([true, true]);
    expect(channel.join()).toMatchObject({ data: { since: { epoch: 'e', offset: 44 } } });
  });

  it('goes on after a gap', () => {
    const channel = new Channel('lobby');
    channel.joined({ epoch: 'e', offset: 41 });
    expect(channel.gap({ cause: 'slow_consumer', from: 42, to: 60, epoch: 'e' })).toMatch(/^19 messages missing/);
    expect([60, 61].map((offset) => channel.takes(message(offset)))).toStrictEqual([false, true]);
    expect(channel.gap({ cause: 'expired', from: 62, to: 62, epoch: 'e' })).toMatch(/^1 message missing/);
    expect(channel.gap({ cause: 'reset', from: 1, to: 0, epoch: 'f' })).toMatch(/lost the history/);
    expect(channel.takes(message(1))).toBe(true);
    expect(channel.join()).toMatchObject({ data: { since: { epoch: 'f', offset: 1 } } });
  });

  it('shows everything where there are no offsets, and resumes nothing', () => {
    const channel = new Channel('lobby');
    expect(channel.joined({})).toBeUndefined();
    expect([channel.takes({ type: 'chat' }), channel.takes({ type: 'chat' })]).toStrictEqual([true, true]);
    expect(channel.gap({ cause: 'slow_consumer', missed: 3 })).toMatch(/^3 messages missing/);
    expect(channel.join()).toStrictEqual({ type: 'join', room: 'lobby' });
  });
});

describe('backoff', () => {
  it('grows to a limit, all of it random', () => {
    expect([0, 1, 2, 5, 1_000].map((attempt) => backoff(attempt, 0))).toStrictEqual([100, 100, 100, 100, 100]);
    expect([0, 1, 2, 5, 1_000].map((attempt) => backoff(attempt, 0.5))).toStrictEqual([350, 600, 1_100, 7_600, 7_600]);
  });

  it('ends at codes that coming back would only repeat', () => {
    expect([1000, 1003, 1008, 1009, 4403].every(isFinal)).toBe(true);
    expect([1001, 1006, 1011, 1012, 1013, 4008, 4012].some(isFinal)).toBe(false);
  });
});

describe('textOf', () => {
  it.each([
    [{ type: 'chat', data: { content: 'Hi <b>' } }, 'Hi <b>'],
    [{ type: 'chat', data: 'Hi' }, 'Hi'],
    [{ type: 'chat', data: null }, 'null'],
    [{ type: 'chat', data: { content: 3 } }, '{"content":3}'],
    [{ type: 'notice', data: [1] }, '[notice] [1]'],
  ])('%j', (frame, text) => {
    expect(textOf(frame)).toBe(text);
  });

  it('cuts what nobody would read', () => {
    expect(textOf({ type: 'chat', data: 'x'.repeat(60_000) })).toHaveLength(4_001);
  });

  it('tells messages from what the server says of itself', () => {
    expect(['chat', 'reaction'].map((type) => isMessage({ type }))).toStrictEqual([true, true]);
    expect(['ack', 'pong', 'join', 'gap', 'typing'].map((type) => isMessage({ type }))).not.toContain(true);
  });
});
