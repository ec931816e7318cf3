import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createChat } from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { listen } from '../http/raw.js';

describe('createChat', () => {
  it.each([
    ['rateLimit', Number.NaN],
    ['rateLimit', -1],
    ['rateBurst', Number.POSITIVE_INFINITY],
    ['roomsPerConnection', -5],
  ])('refuses a limit that makes no sense: %s %d', (name, value) => {
    expect(() => createChat({ limits: { [name]: value } })).toThrow(
      new RangeError(`createChat: expected limits.${name} to be a number from 0 on, got ${value}`),
    );
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
    expect(await client.closed).toEqual({ code: 1001, reason: 'the server was stopped' });
    expect(client.frames.at(-1)).toMatchObject({ type: 'draining', data: { reconnectAfterMs: 0 } });
    expect(server.listening).toBe(true);
    server.close();
  });

  it('refuses to ask for tokens that nobody checks', () => {
    expect(() => createChat({ authRequired: true })).toThrow(TypeError);
  });
});
