import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
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

  it('lets the burst follow the rate', async () => {
    const chat = createChat({ limits: { rateLimit: 3 } });
    const server = createServer();
    chat.attach(server, { path: '/api/chat-api/ws' });
    const port = await listen(server);
    onTestFinished(async () => {
      await chat.close({ reconnectWithinMs: 0 });
      server.close();
    });
    const ada = await ChatClient.connect(port);
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada.request({ type: 'join', room: 'lobby' })));
    expect(answers.map(({ data }) => data.code)).toContain('rate_limited');
  });

  it('refuses a proxy that is none', () => {
    expect(() => createChat({ trustedProxies: ['proxy.example'] })).toThrow(RangeError);
  });

  it('refuses to ask for tokens that nobody checks', () => {
    expect(() => createChat({ authRequired: true })).toThrow(TypeError);
  });
});
