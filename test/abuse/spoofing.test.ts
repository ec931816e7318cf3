import { describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod, CANARY } from '../support/abuse/abused-pod.js';
import { claims } from '../support/abuse/bad-inputs.js';
import { HOME } from '../support/abuse/crowd.js';
import { DEADLINE_MS, each, scaled } from '../support/abuse/scale.js';
import { answerTo, faultOfAnswer } from '../support/abuse/upgrade-attacker.js';
import { ChatClient, type ChatFrame } from '../support/chat-client.js';
import { upgradeRequest } from '../support/raw-websocket.js';
import { UNLIMITED } from '../support/unlimited.js';

const LOGGED = ['connected', 'disconnected'];
const pod = abusedPod({ env: { LOG_LEVEL: 'debug', ...UNLIMITED }, mayLog: LOGGED });

async function connect(query: Record<string, string> = {}, rooms: readonly string[] = []): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { query, rooms });
  onTestFinished(() => client.kill());
  return client;
}

function answerFor(client: ChatClient, id: string): Promise<ChatFrame> {
  return client.until(() => client.frames.find(({ re }) => re === id), `the answer to ${id}`, DEADLINE_MS);
}

const told = ['from', 'ts', 'offset', 're', 'epoch', 'user', 'connection'];
const lies = ['"x"', '1', 'null', '{"id":"ada","name":"Ada"}', '[]', '9007199254740991'];

describe('who claims to be somebody else', () => {
  it.each(told)('by the key %s: refused on top, mere data below', async (key) => {
    const client = await connect({ name: 'Mallory' }, ['den']);
    const own = (client.welcome.data as { user?: object }).user;
    for (const [n, lie] of lies.entries()) {
      client.sendText(`{"room":"den","data":1,"${key}":${lie},"id":"top ${n}"}`);
      expect((await answerFor(client, `top ${n}`)).data.code).toBe('bad_request');
      client.sendText(`{"room":"den","data":{"${key}":${lie}},"id":"data ${n}"}`);
      const { data } = await answerFor(client, `data ${n}`);
      const { offset, id, from, ts, data: seen } = client.messages('den').at(-1) ?? {};
      expect({ offset, id, from, ts }).toEqual({ offset: data.offset, id: data['id'], from: own, ts: data['ts'] });
      expect(JSON.stringify(seen)).toBe(JSON.stringify({ [key]: JSON.parse(lie) }));
      pod.tried('lies about oneself', 2);
    }
  });

  it('by the name of somebody here: the id is another', async () => {
    const [first, second] = [await connect({ name: 'Ada' }), await connect({ name: 'Ada' })];
    const id = (client: ChatClient) => (client.welcome.data as { user?: { id?: string } }).user?.id;
    expect(id(first)).not.toBe(id(second));
    pod.tried('lies about oneself', 2);
  });

  it('by what the query may hold', async () => {
    const faults: string[] = [];
    const queries = claims.flatMap((claim) =>
      ['name', 'session', 'room', 'token', '__proto__', 'constructor'].map((key) => `${key}=${escaped(claim)}`),
    );
    await each(scaled(1, 20) * queries.length, 8, async (n) => {
      const query = queries[n % queries.length] ?? '';
      const request = upgradeRequest(`/api/chat-api/ws?${query}&token=${CANARY}token`);
      const fault = faultOfAnswer(await answerTo(pod.port, request));
      if (fault) faults.push(`${fault} to ${query}`);
      pod.tried('claims in the query');
    });
    expect(faults).toEqual([]);
  });
});

/** Positions in a log that their sender can't have. `#` is the epoch of another room. */
const positions: readonly (readonly [name: string, epoch: string, offset: number])[] = [
  ['above the top', '', 1000],
  ['the highest there is', '', Number.MAX_SAFE_INTEGER],
  ['of no epoch', 'AAAAAAAAAAAAAAAA', 1],
  ['of the epoch __proto__', '__proto__', 0],
  ['of an epoch as long as can be', 'x'.repeat(60_000), 1],
];

describe('a resume with a position that is not its own', () => {
  it.each(positions)('%s: told as it is, nothing of it comes', async (_, epoch, offset) => {
    const client = await connect({ name: 'Mallory' }, ['den']);
    await client.say('in the den', 'den');
    const here = client.ofType('ack').at(-1)?.data.epoch ?? '';
    for (let n = 0; n < scaled(20, 1000); n += 1) {
      const id = `resume ${n}`;
      client.send({ type: 'join', room: 'den', data: { since: { epoch: epoch || here, offset } }, id });
      const { type, data } = await answerFor(client, id);
      expect([type, data['recovered'], data.epoch]).toEqual(['ack', false, here]);
      pod.tried('positions of others');
    }
    const gaps = client.ofType('gap').map(({ data }) => data['cause']);
    expect(new Set(gaps)).toEqual(new Set(['reset']));
    expect((await client.request({ type: 'history', room: HOME })).data.code).toBe('not_a_member');
  });
});

describe('a resume with the true position of another room', () => {
  it('is told where its own room is, and gets nothing of the other', async () => {
    const bob = await connect({ name: 'Bob' }, ['cellar']);
    const mallory = await connect({ name: 'Mallory' }, ['den']);
    const canary = `${CANARY}of-the-cellar`;
    const { epoch = '' } = await bob.say(canary, 'cellar');
    const { offset: top } = await mallory.say('in the den', 'den');
    for (let n = 0; n < scaled(20, 1000); n += 1) {
      const { offset = 0 } = await bob.say(canary, 'cellar');
      for (const at of [0, offset - 1, offset]) {
        const since = { epoch, offset: at };
        expect((await mallory.request({ type: 'join', room: 'den', data: { since } })).data.offset).toBe(top);
        pod.tried('positions of others');
      }
    }
    expect(new Set(mallory.contents('den'))).toContain('in the den');
    expect(JSON.stringify(mallory.frames)).not.toContain(canary);
  });
});

/** Everything that could come to stand in a log. */
const loud: readonly ((client: ChatClient, text: string) => void)[] = [
  (client, text) => client.sendText(text),
  (client, text) => client.send({ type: text, data: 1 }),
  (client, text) => client.send({ type: 'join', room: text }),
  (client, text) => client.send({ type: 'auth', data: { token: text } }),
  (client, text) => client.send({ room: HOME, data: text }),
  (client, text) => client.sendText(`{"data":1,${JSON.stringify(text)}:1}`),
];

describe('a log at debug', () => {
  it('has lines of its own alone, whatever is said', async () => {
    const texts = claims.map((text) => `${CANARY}${text}\n{"level":"error","msg":"${CANARY}"}`);
    for (const text of texts) {
      const client = await connect({
        name: `${CANARY}name`,
        session: `${CANARY}session-of-a-guest`,
        token: `${CANARY}t`,
      });
      for (const say of loud) say(client, text);
      expect((await client.request({ type: 'ping' })).type).toBe('pong');
      await client.kill();
      pod.tried('texts for the log', loud.length);
    }
    const { lines } = pod.process;
    expect(lines.length).toBeGreaterThan(texts.length);
    // What a line says is known, and none of it is the client's own choice.
    const fields = new Set(lines.flatMap((line) => Object.keys(line)));
    const ofStart = ['version', 'node', 'settings', 'host', 'port', 'path', 'auth'];
    const ofRefusals = ['kind', 'reason', 'reasons', 'count', 'address'];
    const own = ['level', 'time', 'msg', ...ofStart, 'connection', 'user', ...ofRefusals];
    expect([...fields].toSorted()).toEqual(own.toSorted());
  });
});

function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
