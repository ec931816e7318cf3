import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, loadConfig } from '../../../src/app/config.js';
import { SEND_BUFFER_BYTES_MIN } from '../../../src/app/send-buffer.js';
import { createChat, type Chat } from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { listen } from '../http/raw.js';

/** Serves it on a port of its own, until the test is over. */
async function portOf(chat: Chat): Promise<number> {
  const server = createServer();
  chat.attach(server, { path: '/api/chat-api/ws' });
  onTestFinished(async () => {
    await chat.close({ reconnectWithinMs: 0 });
    server.close();
  });
  await chat.ready;
  return listen(server);
}

function refuses(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    if (error instanceof RangeError || error instanceof ConfigError) return true;
    throw error;
  }
}

describe('createChat', () => {
  it.each([
    ['rateLimit', Number.NaN, 0],
    ['rateLimit', -1, 0],
    ['rateBurst', Number.POSITIVE_INFINITY, 1],
    ['rateBurst', 0, 1],
    ['roomsPerConnection', -5, 1],
    ['messageBytes', '64', 1],
    ['allowedOrigins', '*', 0],
  ])('refuses a limit that makes no sense: %s %s', (name, value, least) => {
    expect(() => createChat({ limits: { [name]: value } })).toThrow(
      new RangeError(`createChat: expected limits.${name} to be a number from ${least} on, got ${value}`),
    );
  });

  it.each([
    ['messageBytes', 'MAX_MESSAGE_BYTES'],
    ['sendBuffer', 'SEND_BUFFER'],
    ['sendBufferBytes', 'SEND_BUFFER_BYTES'],
    ['roomBytes', 'HISTORY_BYTES'],
    ['ringBytesTotal', 'RING_BYTES_TOTAL'],
    ['roomsPerConnection', 'MAX_ROOMS_PER_CONNECTION'],
    ['rateLimit', 'RATE_LIMIT'],
    ['rateBurst', 'RATE_BURST'],
    ['rateLimitBytes', 'RATE_LIMIT_BYTES'],
    ['rateLimitGlobal', 'RATE_LIMIT_GLOBAL'],
    ['rateLimitRooms', 'RATE_LIMIT_ROOMS'],
    ['rateLimitReads', 'RATE_LIMIT_READS'],
    ['rateLimitUser', 'RATE_LIMIT_USER'],
    ['rateLimitAddress', 'RATE_LIMIT_ADDRESS'],
    ['upgradeRate', 'UPGRADE_RATE'],
    ['maxConnections', 'MAX_CONNECTIONS'],
    ['maxConnectionsPerAddress', 'MAX_CONNECTIONS_PER_ADDRESS'],
    ['maxConnectionsPerUser', 'MAX_CONNECTIONS_PER_USER'],
  ])('takes 0 of a limit where the setting does, and refuses it where that does: %s, %s', (limit, setting) => {
    expect(refuses(() => createChat({ limits: { [limit]: 0 } }))).toBe(refuses(() => loadConfig({ [setting]: '0' })));
  });

  it('does not let anybody believe that a rate holds where rateLimit: 0 switches all off', () => {
    for (const rate of ['rateBurst', 'rateLimitGlobal', 'rateLimitAddress', 'upgradeRate']) {
      expect(() => createChat({ limits: { rateLimit: 0, rateLimitBytes: 0, [rate]: 5 } })).toThrow(
        new RangeError(
          `createChat: expected limits.rateLimit above 0 beside limits.${rate}, got 0, which switches it off`,
        ),
      );
    }
    expect(refuses(() => createChat({ limits: { rateLimit: 0, rateLimitBytes: 0, upgradeRate: 0 } }))).toBe(false);
  });

  it('lets the burst follow the rate', async () => {
    const port = await portOf(createChat({ limits: { rateLimit: 3 } }));
    const ada = await ChatClient.connect(port);
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada.request({ type: 'join', room: 'lobby' })));
    expect(answers.map(({ data }) => data.code)).toContain('rate_limited');
  });

  it('takes origins and the heartbeat', async () => {
    const allowedOrigins = ['https://chat.example'];
    const port = await portOf(createChat({ allowedOrigins, heartbeatMs: 12_345 }));
    const ada = await ChatClient.connect(port, { headers: { origin: 'https://chat.example' } });
    expect(ada.welcome.data['heartbeatMs']).toBe(12_345);
    await expect(ChatClient.connect(port, { headers: { origin: 'https://evil.example' } })).rejects.toThrow();
    expect(() => createChat({ heartbeatMs: -1 })).toThrow(RangeError);
  });

  it('takes the bytes that may wait for a client', () => {
    const least = SEND_BUFFER_BYTES_MIN;
    expect(() => createChat({ limits: { sendBufferBytes: least } })).not.toThrow();
    expect(() => createChat({ limits: { sendBufferBytes: least - 1 } })).toThrow(
      new RangeError(`createChat: expected limits.sendBufferBytes to be a number from ${least} on, got ${least - 1}`),
    );
  });

  it('is attached to nothing after its end', async () => {
    const chat = createChat();
    await chat.close();
    expect(() => chat.attach(createServer(), { path: '/ws' })).toThrow('after close()');
  });

  it('refuses a proxy that is none', () => {
    expect(() => createChat({ trustedProxies: ['proxy.example'] })).toThrow(RangeError);
  });

  it('tells its clients when to come back and closes them when it is closed, and leaves the server open', async () => {
    const server = createServer();
    const chat = createChat();
    chat.attach(server, { path: '/api/chat-api/ws' });
    await chat.ready;
    const client = await ChatClient.connect(await listen(server));
    await chat.close({ reconnectWithinMs: 1 });
    expect(await client.closed).toEqual({ code: 1012, reason: 'the server restarts' });
    expect(client.frames.at(-1)).toMatchObject({ type: 'draining', data: { reconnectAfterMs: 0 } });
    expect(server.listening).toBe(true);
    server.close();
  });

  it('refuses to ask for tokens that nobody checks', () => {
    expect(() => createChat({ authRequired: true })).toThrow(TypeError);
  });
});
