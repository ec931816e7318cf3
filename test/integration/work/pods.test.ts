import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../../src/adapters/redis/index.js';
import type { BroadcastPort, Publication } from '../../../src/ports/broadcast-port.js';
import { CountedPod, countJson, countWritten, type Member } from '../../support/counted-pod.js';
import { ChaosProxy } from '../../support/faults/chaos-proxy.js';
import { redisEnv } from '../../support/pods.js';

const MESSAGES = 64;

type Env = ReturnType<typeof redisEnv> & { readonly HISTORY_SIZE: string };

/** Another pod's broadcaster, which sends frames that are ready: nothing of what is counted is its work. */
async function elsewhere({ REDIS_URL, REDIS_PREFIX, HISTORY_SIZE }: Env): Promise<BroadcastPort> {
  const broadcaster = redisBroadcaster({ url: REDIS_URL, prefix: REDIS_PREFIX, historySize: Number(HISTORY_SIZE) });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  return broadcaster;
}

function publication(room: string, content: string): Publication {
  const id = `m_${randomBytes(12).toString('hex')}`;
  const head = `{"type":"chat","room":"${room}","id":"${id}","ts":1`;
  return { id, ts: 1, head, tail: `,"data":"${content}"}` };
}

/** Publishes all of it in one turn, and waits until it is stored. */
async function publishAll(broadcaster: BroadcastPort, room: string, contents: readonly string[]): Promise<void> {
  const results = await Promise.all(
    contents.map(async (content) => await broadcaster.publish(room, publication(room, content))),
  );
  for (const { status } of results) expect(status).toBe('published');
}

/** Waits for one more message, and checks that the turn before it and itself cost a write and a buffer each. */
async function expectTwoWrites(members: readonly Member[]): Promise<void> {
  for (const member of members) expect(await member.reads(1)).toEqual([expect.stringContaining('"sentinel"')]);
  for (const { writes } of members) expect(writes).toHaveLength(2);
  for (const index of [0, 1]) expect(new Set(members.map(({ writes }) => writes[index])).size).toBe(1);
}

async function allRead(members: readonly Member[], frames: number): Promise<void> {
  for (const member of members) await member.reads(frames);
}

const numbered = Array.from({ length: MESSAGES }, (_, n) => `${n}`);

describe.each(['100', '0'])('64 messages of one turn over Redis, with a history of %s', (HISTORY_SIZE) => {
  const env = (): Env => ({ ...redisEnv(), HISTORY_SIZE });

  it('are bytes that a pod only forwards: none is encoded or parsed, whoever is there', async () => {
    const settings = env();
    const counted = await CountedPod.start(settings);
    const members = await counted.crowd(50, 'hall');
    const other = await elsewhere(settings);
    const encodedBefore = counted.encoded.length;
    const json = countJson();
    await publishAll(other, 'hall', numbered);
    await allRead(members, MESSAGES);
    const { parsed, stringified } = json;
    expect({ parsed, stringified, encoded: counted.encoded.slice(encodedBefore) }).toEqual({
      parsed: 0,
      stringified: 0,
      encoded: [],
    });
  });

  it('cost a pod that forwards them one wire encoding, and each member one write', async () => {
    const settings = env();
    const members = await (await CountedPod.start(settings)).crowd(50, 'hall');
    const other = await elsewhere(settings);
    await publishAll(other, 'hall', numbered);
    await allRead(members, MESSAGES);
    await publishAll(other, 'hall', ['sentinel']);
    await expectTwoWrites(members);
  });

  it('cost the pod that accepts them the same: its own echo is no work', async () => {
    const settings = env();
    const counted = await CountedPod.start(settings);
    const members = await counted.crowd(50, 'hall');
    const far = await (await CountedPod.start(settings)).enter('hall');
    const texts = numbered.map((data) => JSON.stringify({ room: 'hall', data }));
    const encodedBefore = counted.encoded.length;
    const [json, written] = [countJson(), countWritten('{"type":"chat"')];
    members[0]?.say(texts);
    await allRead([...members, far], MESSAGES);
    const { parsed } = json;
    // For Redis, and for the pod's own members where the answer comes before the echo.
    expect(written.count).toBeLessThanOrEqual(2 * MESSAGES);
    // Redis has told all pods by now, so this comes behind the echo.
    far.say(['{"room":"hall","data":"sentinel"}']);
    await expectTwoWrites(members);
    expect(parsed).toBe(MESSAGES);
    expect(counted.encoded.slice(encodedBefore)).toEqual([]);
  });

  it('do not come to a pod that has no members in their room', async () => {
    const settings = env();
    const proxy = await ChaosProxy.before(Number(new URL(settings.REDIS_URL).port));
    onTestFinished(() => proxy.close());
    const busy = await (await CountedPod.start(settings)).enter('hall');
    const quiet = await (await CountedPod.start({ ...settings, REDIS_URL: proxy.url })).enter('side');
    const other = await elsewhere(settings);
    const carried = (): number => proxy.passages().reduce((sum, { carriedDown }) => sum + carriedDown, 0);
    const before = carried();
    const contents = numbered.map((n) => n.padEnd(4096, '.'));
    await publishAll(other, 'hall', contents);
    await busy.reads(MESSAGES);
    await publishAll(other, 'side', ['sentinel']);
    expect(await quiet.reads(1)).toEqual([expect.stringContaining('"sentinel"')]);
    expect(carried() - before).toBeLessThan(4096);
  });
});
