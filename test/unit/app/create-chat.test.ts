import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
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

describe('createChat', () => {
  it.each([
    ['rateLimit', Number.NaN],
    ['rateLimit', -1],
    ['rateBurst', Number.POSITIVE_INFINITY],
    ['roomsPerConnection', -5],
    ['messageBytes', '64'],
    ['allowedOrigins', '*'],
  ])('refuses a limit that makes no sense: %s %s', (name, value) => {
    expect(() => createChat({ limits: { [name]: value } })).toThrow(
      new RangeError(`createChat: expected limits.${name} to be a number from 0 on, got ${value}`),
    );
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
    expect(() => createChat({ limits: { sendBufferBytes: 65_536 } })).toThrow(/sendBufferBytes \(65536\)/);
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
