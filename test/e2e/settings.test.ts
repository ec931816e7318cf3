import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { chatUrl, type ChatClient, type ConnectOptions } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { SECRET, token } from '../support/jwt.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

const ISSUER = 'https://id.example/';
/** Messages whose acks nobody reads. */
const COUNT = 30_000;
const ORIGIN = 'https://chat.example:8443';

// Each of these keeps somebody out or bounds something; none is as it is by default.
const ENV = {
  AUTH_ENABLED: 'true',
  JWT_SECRET: SECRET,
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: 'chat',
  ALLOWED_ORIGINS: ORIGIN,
  TRUSTED_PROXIES: '127.0.0.1',
  MAX_CONNECTIONS: '8',
  MAX_CONNECTIONS_PER_ADDRESS: '3',
  MAX_CONNECTIONS_PER_USER: '2',
  MAX_ROOMS_PER_CONNECTION: '2',
  RATE_LIMIT: '1000000',
  RATE_LIMIT_READS: '1',
  RATE_LIMIT_ADDRESS: '1',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_BYTES: '0',
  GROWTH_LIMIT_USER: '0',
  GROWTH_LIMIT_ADDRESS: '0',
  SEND_BUFFER_BYTES: '655360',
  HISTORY_BYTES: '2000',
};

let pod: PodProcess;
beforeAll(async () => {
  pod = await PodProcess.start(ENV);
});
afterAll(async () => void (await pod.stop()));

/** What ada, or somebody else, brings from an address of their own. */
async function from(address: string, sub = 'ada', claims: object = {}): Promise<ConnectOptions> {
  const text = await token({ sub, iss: ISSUER, aud: ['chat', 'mail'], ...claims });
  return { query: { token: text }, headers: { 'X-Forwarded-For': address } };
}

/** What the door answers. Who is let in has left when it has. */
async function knock(options: ConnectOptions, origin?: string): Promise<number> {
  const { pathname, search } = new URL(chatUrl(pod.port, options));
  const headers = { ...options.headers, ...(origin !== undefined && { Origin: origin }) };
  const raw = await RawWebSocket.send(pod.port, upgradeRequest(`${pathname}${search}`, headers));
  const { status } = await raw.response();
  raw.reset();
  return status;
}

async function enter(options: ConnectOptions): Promise<ChatClient> {
  return connectClient(pod.port, options);
}

describe('a setting acts in the running pod', () => {
  it('JWT_ISSUER and JWT_AUDIENCE: a token by another issuer, or for another service, lets nobody in', async () => {
    expect(await knock(await from('192.0.2.1'))).toBe(101);
    for (const claims of [{ iss: 'https://other.example/' }, { iss: undefined }, { aud: 'mail' }, { aud: undefined }]) {
      expect(await knock(await from('192.0.2.1', 'ada', claims)), JSON.stringify(claims)).toBe(401);
    }
  });

  it('ALLOWED_ORIGINS: that origin, and not the same host', async () => {
    const ada = await from('192.0.2.2');
    expect(await knock(ada, ORIGIN)).toBe(101);
    for (const origin of ['http://chat.example', 'https://chat.example', 'null']) {
      expect(await knock(ada, origin), origin).toBe(403);
    }
  });

  it('RATE_LIMIT_ADDRESS: what one has used up is missing to all who come from there', async () => {
    const [ada, bob, eve] = [
      await enter(await from('192.0.2.7', 'ada')),
      await enter(await from('192.0.2.7', 'bob')),
      await enter(await from('192.0.2.8', 'eve')),
    ];
    for (let n = 0; n < 20; n++) expect((await ada.request({ data: n })).type).toBe('ack');
    expect((await bob.request({ data: 1 })).data.code).toBe('rate_limited');
    expect((await eve.request({ data: 1 })).type).toBe('ack');
  });

  it('RATE_LIMIT_READS: 20 at once, then one a second', async () => {
    const ada = await enter(await from('192.0.2.9'));
    for (let n = 0; n < 20; n++) expect((await ada.request({ type: 'history' })).type).toBe('ack');
    expect((await ada.request({ type: 'history' })).data).toMatchObject({ code: 'rate_limited' });
  });

  it('MAX_ROOMS_PER_CONNECTION: one more is too many', async () => {
    const ada = await enter({ ...(await from('192.0.2.10')), rooms: ['one', 'two'] });
    expect(ada.welcome.data['limits']).toMatchObject({ roomsPerConnection: 2 });
    expect((await ada.request({ type: 'join', room: 'three' })).data.code).toBe('too_many_rooms');
  });

  it('HISTORY_BYTES: older messages go', async () => {
    const ada = await enter({ ...(await from('192.0.2.11')), rooms: ['full'] });
    for (let n = 0; n < 5; n++) await ada.say(`${n}${'x'.repeat(500)}`, 'full');
    const { messages = [] } = (await ada.request({ type: 'history', room: 'full' })).data;
    expect(messages.map(({ offset }) => offset)).toEqual([3, 4, 5]);
  });

  it('SEND_BUFFER_BYTES: a client that publishes on without reading is not closed, and gets every ack', async () => {
    const { query = {}, headers = {} } = await from('192.0.2.12');
    const ws = new WebSocket(chatUrl(pod.port, { query, rooms: ['loud'] }), { headers, perMessageDeflate: false });
    onTestFinished(() => ws.terminate());
    let [frames, acks, closed] = [0, 0, 0];
    ws.on('close', (code) => (closed = code));
    ws.on('message', (data: Buffer) => {
      if (data.includes('"re":')) acks += 1;
      if (++frames === 2) ws.pause();
    });
    await eventually(() => ws.isPaused, true);
    // Acks of 4 MB in all, more than sockets take and the setting allows: the pod stops reading before that.
    for (let n = 0; n < COUNT; n++) ws.send(`{"room":"loud","data":1,"id":"${n}"}`);
    ws.resume();
    await eventually(() => acks === COUNT || closed !== 0, true, 20_000);
    expect([acks, closed]).toEqual([COUNT, 0]);
  });

  it('MAX_CONNECTIONS_PER_USER, MAX_CONNECTIONS_PER_ADDRESS and MAX_CONNECTIONS', async () => {
    const come = async (sub: string, address: string) => void (await enter(await from(address, sub)));
    for (const address of ['192.0.2.3', '192.0.2.4']) await come('ada', address);
    expect(await knock(await from('192.0.2.5', 'ada'))).toBe(429);
    for (const sub of ['bob', 'eve']) await come(sub, '192.0.2.3');
    expect(await knock(await from('192.0.2.3', 'dan'))).toBe(429);
    for (const address of ['192.0.2.4', '192.0.2.5']) for (const sub of ['dan', 'kim']) await come(sub, address);
    expect(await knock(await from('192.0.2.6', 'zoe'))).toBe(503);
  });
});
