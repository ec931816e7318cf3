import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, ReadResult } from '../../../src/ports/broadcast-port.js';
import { TestPod, type Received, type TestClient } from '../../support/test-pod.js';

const EPOCH = 'e';

const frameOf = (offset: number): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ type: 'chat', room: 'lobby', offset, data: offset }));

const resume = (offset: number) => ({ type: 'join', room: 'lobby', data: { since: { epoch: EPOCH, offset } } });

/** A pod whose room is told of the channel's messages only when the test says so. */
class LateRoom {
  readonly pod: TestPod;
  /** Offsets up to here have expired, and the channel's top. */
  expired = 0;
  top = 0;
  /** What the pod has been told of. */
  #told = 0;

  private constructor(pod: TestPod) {
    this.pod = pod;
    const position = () => ({ epoch: EPOCH, offset: this.top });
    pod.broadcaster.subscribe = async () => ({ status: 'subscribed', position: { epoch: EPOCH, offset: this.#told } });
    pod.broadcaster.read = (_channel, { after = 0, limit }): Promise<ReadResult> => {
      const from = Math.max(after, this.expired);
      const entries: Entry[] = [];
      for (let offset = from + 1; offset <= this.top && entries.length < limit; offset++) {
        entries.push({ offset, frame: frameOf(offset) });
      }
      return Promise.resolve({ status: 'read', position: position(), entries, more: false });
    };
  }

  static async with(messages: { told: number; top: number }): Promise<LateRoom> {
    const late = new LateRoom(new TestPod({ options: { sendBuffer: 8 } }));
    late.#told = messages.told;
    late.top = messages.top;
    await late.pod.hub.start();
    return late;
  }

  /** Tells the pod of the next messages, or that they are gone. */
  tell(most = Infinity): void {
    const to = Math.min(this.top, this.#told + most);
    const lost = Math.min(this.expired, to);
    if (lost > this.#told) this.pod.hub.lost('lobby', this.#told + 1, lost);
    const first = Math.max(this.#told, lost) + 1;
    const frames = Array.from({ length: to - first + 1 }, (_, index) => frameOf(first + index));
    if (frames.length > 0) this.pod.hub.published('lobby', first, frames);
    this.#told = Math.max(this.#told, to);
  }

  async enter(since?: number): Promise<TestClient> {
    const client = await this.pod.enter();
    client.push(since === undefined ? { type: 'join', room: 'lobby' } : resume(since));
    return client;
  }
}

/** What a client got, as ranges of offsets: `[5, 5]` is a message, `gap` stands before those that are none. */
function heard(frames: readonly Received[]): unknown[] {
  return frames
    .filter(({ type }) => type === 'chat' || type === 'gap')
    .map(({ type, offset, data }) => (type === 'gap' ? ['gap', data['from'], data['to']] : offset));
}

describe('a gap', () => {
  it('is cut to what a member has not seen yet', async () => {
    const late = await LateRoom.with({ told: 2, top: 7 });
    const [ahead, behind] = [await late.enter(5), await late.enter()];
    await late.pod.settle();
    late.top = late.expired = 10;
    late.tell();
    late.top = 11;
    late.tell();
    await late.pod.settle();
    expect(heard(ahead.take())).toEqual([6, 7, ['gap', 8, 10], 11]);
    expect(heard(behind.take())).toEqual([['gap', 3, 10], 11]);
  });

  it('is not sent to a member that has seen all of it', async () => {
    const late = await LateRoom.with({ told: 2, top: 7 });
    const ahead = await late.enter(5);
    await late.pod.settle();
    late.expired = 7;
    late.tell();
    late.top = 8;
    late.tell();
    await late.pod.settle();
    expect(heard(ahead.take())).toEqual([6, 7, 8]);
  });

  it('is not sent in place of stored messages that were read before they expired', async () => {
    const late = await LateRoom.with({ told: 2, top: 7 });
    await late.enter();
    await late.pod.settle();
    const client = await late.pod.enter();
    client.push(resume(4));
    // The page is on its way.
    late.expired = 6;
    late.tell();
    await late.pod.settle();
    const frames = client.take();
    expect(frames[0]).toMatchObject({ type: 'ack', data: { recovered: true } });
    expect(heard(frames)).toEqual([5, 6, 7]);
  });

  it('leaves the batches behind it shared by all members', async () => {
    const late = await LateRoom.with({ told: 2, top: 7 });
    const clients = [await late.enter(5), await late.enter(6), await late.enter()];
    await late.pod.settle();
    late.top = late.expired = 10;
    late.tell();
    late.top = 12;
    late.tell();
    await late.pod.settle();
    const last = clients.map(({ connection }) => connection.batches.at(-1));
    expect(last[0]?.frames).toHaveLength(2);
    expect(last[1]).toBe(last[0]);
    late.top = 13;
    late.tell();
    await late.pod.settle();
    expect(new Set(clients.map(({ connection }) => connection.batches.at(-1))).size).toBe(1);
  });

  it('covers a hole that the broadcaster left before it, and nothing twice where it comes again', async () => {
    const late = await LateRoom.with({ told: 2, top: 2 });
    const client = await late.enter();
    await late.pod.settle();
    late.pod.hub.published('lobby', 3, [frameOf(3)]);
    late.pod.hub.lost('lobby', 5, 6);
    late.pod.hub.lost('lobby', 5, 8);
    late.pod.hub.lost('lobby', 7, 8);
    late.pod.hub.published('lobby', 9, [frameOf(9)]);
    await late.pod.settle();
    expect(heard(client.take())).toEqual([3, ['gap', 4, 6], ['gap', 7, 8], 9]);
  });

  it('begins right behind what each member has, whoever resumes where, and while messages expire', async () => {
    const step = fc.oneof(
      fc.record({ publish: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ expire: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ tell: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ resumeBehind: fc.integer({ min: 0, max: 15 }) }),
      fc.record({ block: fc.nat(5) }),
      fc.record({ settle: fc.constant(true) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const late = await LateRoom.with({ told: 0, top: 0 });
        const members: { since: number; client: TestClient }[] = [];
        const act: Record<string, (n: number) => unknown> = {
          publish: (n) => (late.top += n),
          expire: (n) => (late.expired = Math.min(late.top, late.expired + n)),
          tell: (n) => late.tell(n),
          resumeBehind: async (n) => {
            const since = Math.max(0, late.top - n);
            members.push({ since, client: await late.enter(since) });
          },
          block: (n) => {
            const client = members[n]?.client;
            if (!client) return;
            if (client.connection.writable) client.connection.writable = false;
            else client.drain();
          },
          settle: () => late.pod.settle(),
        };
        for (const one of steps) for (const [name, n] of Object.entries(one)) await act[name]?.(Number(n));
        late.top++;
        late.tell();
        for (const { client } of members) client.drain();
        await late.pod.settle();
        for (const { since, client } of members) {
          let seen = since;
          for (const one of heard(client.take())) {
            const [from, to] = Array.isArray(one) ? [one[1], one[2]] : [one, one];
            expect(from).toBe(seen + 1);
            expect(to).toBeGreaterThanOrEqual(Number(from));
            seen = Number(to);
          }
          expect(seen).toBe(late.top);
        }
        expect(late.pod.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
