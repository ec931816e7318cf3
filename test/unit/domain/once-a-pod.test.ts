import { describe, expect, it } from 'vitest';
import { MemoryBroadcaster } from '../../../src/adapters/memory/index.js';
import { fingerprint } from '../../../src/domain/fingerprint.js';
import { OnceAPod } from '../../../src/domain/once-a-pod.js';
import type { Publication } from '../../../src/ports/broadcast-port.js';
import { ManualClock } from '../../support/manual-clock.js';
import { TestPod, type Received } from '../../support/test-pod.js';

const MINUTE_MS = 60_000;
const say = { room: 'lobby', data: 'once', id: 'one' };

const podWithoutHistory = (): Promise<TestPod> => TestPod.started({ historySize: 0 });
const acks = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'ack').map(({ data }) => data);
const copies = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'chat').map(({ data }) => data);

it.each([0, 100])(
  'an id is known of the user, whichever connection it comes by, and of nobody else: history %i',
  async (historySize) => {
    const pod = await TestPod.started({ historySize });
    const session = 'session=a-session-of-one-guest-1';
    const [ada, again] = [await pod.enter(`room=lobby&${session}`), await pod.enter(`room=lobby&${session}`)];
    const grace = await pod.enter('room=lobby');
    const first = acks(await ada.send(say));
    expect(acks(await again.send(say))).toEqual(first);
    expect(acks(await grace.send(say))).not.toEqual(first);
    expect(copies(ada.take())).toEqual(['once']);
  },
);

describe('sending the same thing again, without history', () => {
  it('gets the first ack, and nobody sees a second copy', async () => {
    const pod = await podWithoutHistory();
    const [ada, grace] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    const [first] = acks(await ada.send(say));
    expect(first).toEqual({ id: expect.any(String), ts: expect.any(Number) });
    pod.clock.advance(MINUTE_MS);
    expect(await ada.send(say)).toEqual([{ type: 'ack', re: 'one', data: first }]);
    expect(copies(grace.take())).toEqual(['once']);
  });

  it('gets it also while the first is on its way, and other content a conflict', async () => {
    const pod = await podWithoutHistory();
    const ada = await pod.enter('room=lobby');
    for (const data of ['once', 'once', 'else', 'once']) ada.push({ ...say, data });
    ada.push({ ...say, id: 'two', data: 'twice' });
    await pod.settle();
    const heard = ada.take();
    expect(copies(heard)).toEqual(['once', 'twice']);
    // The answers come in the order of the requests.
    const [first, ...others] = heard.filter(({ re }) => re !== undefined);
    expect(first).toMatchObject({ type: 'ack', re: 'one' });
    expect(others).toEqual([
      first,
      expect.objectContaining({ type: 'error', data: expect.objectContaining({ code: 'conflict' }) }),
      first,
      expect.objectContaining({ type: 'ack', re: 'two' }),
    ]);
  });

  it('is a conflict where type or data is another', async () => {
    const pod = await podWithoutHistory();
    const ada = await pod.enter('room=lobby');
    await ada.send(say);
    for (const other of [{ data: 'twice' }, { type: 'vote' }]) {
      expect(await ada.send({ ...say, ...other })).toMatchObject([{ type: 'error', data: { code: 'conflict' } }]);
    }
  });

  it('is known within its room, or to all', async () => {
    const pod = await podWithoutHistory();
    const ada = await pod.enter('room=lobby&room=other');
    const { id, data } = say;
    for (const frame of [say, { ...say, room: 'other' }, { id, data }]) {
      expect(copies(await ada.send(frame))).toEqual(['once']);
      expect(copies(await ada.send(frame))).toEqual([]);
    }
  });

  it('is another message after ten minutes, which a repetition does not renew', async () => {
    const pod = await podWithoutHistory();
    const ada = await pod.enter('room=lobby');
    for (let round = 0; round < 3; round++) {
      expect(copies(await ada.send(say))).toEqual(['once']);
      pod.clock.advance(10 * MINUTE_MS - 1);
      expect(copies(await ada.send(say))).toEqual([]);
      pod.clock.advance(1);
    }
  });

  it('publishes again where there is no id', async () => {
    const pod = await podWithoutHistory();
    const ada = await pod.enter('room=lobby');
    for (let n = 0; n < 2; n++) expect(copies(await ada.send({ room: 'lobby', data: 'same' }))).toEqual(['same']);
  });
});

describe('what a pod remembers of what was sent', () => {
  /** Bytes that a hundred keys of 13 characters count for. */
  const HUNDRED = 47_600;
  const clock = new ManualClock();
  const publication = (key: string, content = 'same'): Publication => {
    return { id: `m_${Math.random()}`, ts: 1, head: `{"id":"${key}"`, tail: '}', once: { key, content } };
  };
  const started = async (): Promise<MemoryBroadcaster> => {
    const broadcaster = new MemoryBroadcaster({ historySize: 0 });
    await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
    return broadcaster;
  };

  it('is bounded: the oldest go first, and the latest half stays', async () => {
    const once = new OnceAPod(await started(), clock, HUNDRED);
    const keys = Array.from({ length: 1000 }, (_, n) => `ada\n${n}`);
    const first = new Map<string, unknown>();
    for (const key of keys) first.set(key, await once.publish('lobby', publication(key)));
    for (const key of keys.slice(-50)) expect(await once.publish('lobby', publication(key))).toBe(first.get(key));
    for (const key of keys.slice(0, -100)) {
      expect(await once.publish('lobby', publication(key))).not.toEqual(first.get(key));
    }
  });

  it('is bounded in bytes: long keys take the place of many short ones', async () => {
    const once = new OnceAPod(await started(), clock, HUNDRED);
    const first = await once.publish('lobby', publication('ada\n1'));
    for (let n = 0; n < 10; n++) await once.publish('lobby', publication(`${'x'.repeat(5000)} ${n}`));
    expect(await once.publish('lobby', publication('ada\n1'))).not.toEqual(first);
  });

  it('is kept for ten minutes whatever comes in between, as long as there is room', async () => {
    const once = new OnceAPod(await started(), clock, HUNDRED);
    const first = await once.publish('lobby', publication('ada\n1'));
    for (let minute = 1; minute < 10; minute++) {
      clock.advance(MINUTE_MS);
      await once.publish('lobby', publication(`ada\nat ${minute}`));
      expect(await once.publish('lobby', publication('ada\n1'))).toBe(first);
    }
    const late = await once.publish('lobby', publication('ada\n2'));
    clock.advance(MINUTE_MS);
    await once.publish('lobby', publication('ada\n3'));
    clock.advance(9 * MINUTE_MS - 1);
    expect(await once.publish('lobby', publication('ada\n2'))).toBe(late);
  });

  it('is not what could not be published: that may be sent again', async () => {
    const broadcaster = new MemoryBroadcaster({ historySize: 0 });
    const once = new OnceAPod(broadcaster, clock);
    const answers = await Promise.all([
      once.publish('lobby', publication('ada\n1')),
      once.publish('lobby', publication('ada\n1')),
      once.publish('lobby', publication('ada\n1', 'else')),
    ]);
    for (const { status } of answers) expect(status).toBe('unavailable');
    await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
    expect((await once.publish('lobby', publication('ada\n1', 'else'))).status).toBe('published');
  });
});

describe('the fingerprint of a text', () => {
  it('tells apart what differs in a single place, in order or in length', () => {
    const long = 'é'.repeat(32 * 1024);
    const texts = ['', '\0', '\0\0', 'a', 'aa', 'ab', 'ba', 'Ā', 'ā', `${long}a`, `${long}b`, `a${long}`, `b${long}`];
    const numbers = Array.from({ length: 100_000 }, (_, n) => `chat\n{"content":${n}}`);
    const all = [...texts, ...numbers];
    expect(new Set(all.map(fingerprint)).size).toBe(all.length);
    for (const text of texts) expect(Number.isSafeInteger(fingerprint(text))).toBe(true);
  });
});
