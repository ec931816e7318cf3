import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { badTokens, entries, tracesOf } from '../support/abuse/bad-tokens.js';
import { CountingServer } from '../support/abuse/counting-server.js';
import { faultAtDoor } from '../support/abuse/refusals.js';
import { each, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { ChatClient, type ChatFrame } from '../support/chat-client.js';
import { SECRET, token } from '../support/jwt.js';
import { upgradeRequest } from '../support/raw-websocket.js';
import { UNLIMITED } from '../support/unlimited.js';

const AT_ONCE = 16;
const PATH = '/api/chat-api/ws';

// Whoever believes a token's own header asks here.
const trap = await CountingServer.start({ keys: [{ kty: 'oct', k: Buffer.from(SECRET).toString('base64url') }] });
afterAll(() => trap.stop());
const proofs = new Map(
  await Promise.all(
    ['Ada', 'Grace', 'Alan'].map(async (name) => [name, await token({ sub: name.toLowerCase(), name })] as const),
  ),
);
const mallory = await token({ sub: 'mallory', name: 'Mallory' });
const bad = badTokens(trap.url);

// Without rate limit every token is looked at. At debug most is logged.
const pod = abusedPod({
  env: { AUTH_ENABLED: 'true', JWT_SECRET: SECRET, ...UNLIMITED, LOG_LEVEL: 'debug' },
  mayLog: ['connected', 'disconnected'],
  proof: (name) => ({ token: proofs.get(name) ?? '' }),
});

describe('every bad token there is, again and again', () => {
  it.each(Object.entries(entries))(
    'by %s: refused before the upgrade',
    async (_entry, bring) => {
      const faults: string[] = [];
      await each(scaled(3, 200) * bad.length, AT_ONCE, async (n) => {
        const text = bad[n % bad.length] ?? '';
        const fault = await faultAtDoor(pod.port, bring(text), text, tracesOf(text));
        if (fault) faults.push(fault);
        pod.tried('bad tokens at the door');
      });
      expect(faults).toEqual([]);
      expect(trap.asked).toBe(0);
    },
    PATIENCE_MS,
  );

  it(
    'by auth frames: answered unauthorized, and the connection goes on as it was',
    async () => {
      for (let round = 0; round < scaled(2, 100); round += 1) {
        const client = await connect(mallory);
        for (const [n, text] of bad.entries()) client.send({ type: 'auth', data: { token: text }, id: `${n}` });
        client.send({ type: 'ping', id: 'the end' });
        await client.until(() => client.frames.find(({ type }) => type === 'pong'), 'the pong behind them', 20_000);
        const faults = bad.flatMap((text, n) => faultsOfAuth(client, text, `${n}`));
        expect(faults).toEqual([]);
        expect((await client.request({ data: 'x', room: 'not mine' })).data.code).toBe('room_name');
        await client.close();
        pod.tried('bad tokens in auth frames', bad.length);
      }
      expect(trap.asked).toBe(0);
    },
    PATIENCE_MS,
  );

  it('by auth frames with the good token of somebody else', async () => {
    const client = await connect(mallory);
    for (const text of proofs.values()) {
      for (let n = 0; n < scaled(50, 300); n += 1) {
        expect((await client.request({ type: 'auth', data: { token: text } })).data.code).toBe('forbidden');
        pod.tried('tokens of others in auth frames');
      }
    }
    for (const data of [
      null,
      1,
      mallory,
      [],
      {},
      { token: 1 },
      { token: null },
      { token: [mallory] },
      { Token: mallory },
    ])
      expect((await client.request({ type: 'auth', data })).data.code).toBe('bad_request');
  });
});

describe('several at once', () => {
  const good = encodeURIComponent(mallory);
  const forged = bad[0] ?? '';
  const bearer = (text: string): string => `Bearer ${text}`;
  const both = (first: string, second: string): string =>
    upgradeRequest(PATH, { Authorization: first }).replace('\r\n\r\n', `\r\nAuthorization: ${second}\r\n\r\n`);
  const protocols = (...list: string[]): Record<string, string> => ({ 'Sec-WebSocket-Protocol': list.join(', ') });
  const requests: readonly (readonly [name: string, request: string])[] = [
    ['a bad header before a good query', upgradeRequest(`${PATH}?token=${good}`, { Authorization: bearer(forged) })],
    [
      'a bad header before a good subprotocol',
      upgradeRequest(PATH, { Authorization: bearer(forged), ...protocols('hubbub.v1', `bearer.${mallory}`) }),
    ],
    [
      'a bad subprotocol before a good query',
      upgradeRequest(`${PATH}?token=${good}`, protocols('hubbub.v1', `bearer.${forged}`)),
    ],
    ['a bad subprotocol before a good one', upgradeRequest(PATH, protocols(`bearer.${forged}`, `bearer.${mallory}`))],
    ['a bad query before a good one', upgradeRequest(`${PATH}?token=${forged}&token=${good}`)],
    ['two headers, the bad one first', both(bearer(forged), bearer(mallory))],
    ['both in one header', upgradeRequest(PATH, { Authorization: `${bearer(forged)}, ${bearer(mallory)}` })],
    [
      'bad ones everywhere',
      upgradeRequest(`${PATH}?token=x`, { Authorization: bearer('y'), ...protocols('bearer.z') }),
    ],
    ['other schemes', upgradeRequest(PATH, { Authorization: `Basic ${mallory}` })],
    ['the token alone', upgradeRequest(PATH, { Authorization: mallory })],
    ['other names', upgradeRequest(`${PATH}?Token=${good}&access_token=${good}&token%00=${good}`)],
    ['a cookie', upgradeRequest(PATH, { Cookie: `token=${mallory}` })],
  ];

  it.each(requests)('%s: refused', async (_name, request) => {
    await each(scaled(10, 400), AT_ONCE, async () => {
      expect(await faultAtDoor(pod.port, request, '', [...tracesOf(forged), ...tracesOf(mallory)])).toBeUndefined();
      pod.tried('several tokens at once');
    });
  });
});

describe('the log at debug', () => {
  it('holds no part of any token', async () => {
    const client = await connect(mallory);
    await client.close();
    const { stdout, stderr } = pod.process;
    const traces = [...bad, mallory, ...proofs.values()].flatMap(tracesOf);
    expect(traces.filter((trace) => stdout.includes(trace) || stderr.includes(trace))).toEqual([]);
    expect(stdout).toContain('"user":"mallory"');
  });
});

async function connect(text: string): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { query: { token: text } });
  onTestFinished(() => client.kill());
  return client;
}

function faultsOfAuth(client: ChatClient, text: string, id: string): string[] {
  const answers: readonly ChatFrame[] = client.frames.filter(({ re }) => re === id);
  const [answer] = answers;
  const shown = `${JSON.stringify(text.slice(0, 200))}: ${JSON.stringify(answers)}`;
  if (answers.length !== 1 || answer?.type !== 'error') return [`not one error for ${shown}`];
  if (!['unauthorized', 'bad_request'].includes(String(answer.data.code))) return [`another code for ${shown}`];
  return tracesOf(text).some((trace) => JSON.stringify(answer).includes(trace))
    ? [`the token itself for ${shown}`]
    : [];
}
