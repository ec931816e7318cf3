import { describe, expect, it, onTestFinished } from 'vitest';
import { chatUrl, type ConnectOptions } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { SECRET, token } from '../support/jwt.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

const API_KEY = 'correct-horse-battery-staple';
const FOREIGN = 'another secret of no less than 32 bytes';

async function started(env: Readonly<Record<string, string>> = {}): Promise<PodProcess> {
  const pod = await PodProcess.start({ AUTH_ENABLED: 'true', JWT_SECRET: SECRET, API_KEY, LOG_LEVEL: 'debug', ...env });
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

/** How a token may be brought. */
const ENTRIES: readonly (readonly [string, (token: string) => ConnectOptions])[] = [
  ['a header', (text) => ({ headers: { authorization: `Bearer ${text}` } })],
  ['a subprotocol', (text) => ({ protocols: ['hubbub.v1', `bearer.${text}`] })],
  ['the query', (text) => ({ query: { token: text } })],
];

/** What the door answers to an upgrade. */
async function knock(pod: PodProcess, options: ConnectOptions): Promise<{ status: number; body: string }> {
  const { pathname, search } = new URL(chatUrl(pod.port, options));
  const headers = {
    ...(options.headers?.['authorization'] !== undefined && { Authorization: options.headers['authorization'] }),
    ...(options.protocols && { 'Sec-WebSocket-Protocol': options.protocols.join(', ') }),
  };
  const raw = await RawWebSocket.send(pod.port, upgradeRequest(`${pathname}${search}`, headers));
  onTestFinished(() => raw.reset());
  return raw.response();
}

function disconnect(pod: PodProcess, user: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${API_KEY}` };
  return fetch(`http://127.0.0.1:${pod.port}/api/chat-api/users/${user}/disconnect`, { method: 'POST', headers });
}

describe('a pod that checks tokens', () => {
  it.each(ENTRIES)('takes one from %s, and answers with its user', async (_name, bring) => {
    const pod = await started();
    const ada = await connectClient(pod.port, bring(await token()));
    expect(ada.welcome.data['user']).toEqual({ id: 'ada', name: 'Ada' });
    expect(ada.welcome.data).not.toHaveProperty('session');
    expect((await ada.request({ data: 1 })).type).toBe('ack');
  });

  it.each(ENTRIES)('refuses a bad one from %s before the upgrade, in the same words', async (_name, bring) => {
    const pod = await started();
    const bad = [
      await token({}, FOREIGN),
      await token({ sub: 'guest-V1StGXR8_Z5jdHi6B-myTg' }),
      (await token()).slice(0, -6),
      'canary-of-a-token',
    ];
    for (const one of bad) {
      const { status, body } = await knock(pod, bring(one));
      expect([status, JSON.parse(body)]).toEqual([
        401,
        { error: { code: 'unauthorized', message: 'the token is not valid' } },
      ]);
    }
    await pod.stop();
    for (const one of bad) expect(pod.stdout + pod.stderr).not.toContain(one);
  });

  it('lets nobody in without one', async () => {
    const pod = await started();
    expect(await knock(pod, { query: { name: 'Ada' } })).toMatchObject({ status: 401 });
  });

  it('restricts what a token restricts', async () => {
    const pod = await started();
    const chat = { join: ['team-*', 'lobby'], publish: ['lobby'], global: false };
    const ada = await connectClient(pod.port, { query: { token: await token({ chat }) }, rooms: ['lobby', 'team-a'] });
    const codes: unknown[] = [];
    for (const frame of [{ type: 'join', room: 'secret' }, { room: 'team-a', data: 1 }, { data: 1 }]) {
      codes.push((await ada.request(frame)).data.code);
    }
    expect(codes).toEqual(['forbidden', 'forbidden', 'forbidden']);
    expect((await ada.request({ room: 'lobby', data: 1 })).type).toBe('ack');
  });

  it('closes with 4401 when the token ends, within 2 s, and not where it was renewed', async () => {
    const pod = await started();
    const exp = Math.floor(Date.now() / 1000) + 2;
    const [short, renewed] = await Promise.all([
      connectClient(pod.port, { query: { token: await token({ exp }) } }),
      connectClient(pod.port, { query: { token: await token({ exp }) } }),
    ]);
    expect(await renewed.request({ type: 'auth', data: { token: await token() } })).toMatchObject({
      type: 'ack',
      data: {},
    });
    await eventually(() => short.isOpen, false, exp * 1000 - Date.now() + 2000);
    expect((await short.closed).code).toBe(4401);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    expect((await renewed.request({ data: 1 })).type).toBe('ack');
  });

  it('does not renew by a token of somebody else, nor by a forged one', async () => {
    const pod = await started();
    const ada = await connectClient(pod.port, { query: { token: await token() } });
    const renew = async (text: string) => (await ada.request({ type: 'auth', data: { token: text } })).data.code;
    expect(await renew(await token({ sub: 'bob' }))).toBe('forbidden');
    expect(await renew(await token({}, FOREIGN))).toBe('unauthorized');
    expect(ada.isOpen).toBe(true);
  });

  it('sends a user away, whose token counts no more', async () => {
    const pod = await started();
    const own = await token();
    const ada = await connectClient(pod.port, { query: { token: own } });
    const bob = await connectClient(pod.port, { query: { token: await token({ sub: 'bob' }) } });
    expect((await disconnect(pod, 'ada')).status).toBe(200);
    expect((await ada.closed).code).toBe(4403);
    expect(await knock(pod, { query: { token: own } })).toMatchObject({ status: 401 });
    expect((await bob.request({ data: 1 })).type).toBe('ack');
  });
});
