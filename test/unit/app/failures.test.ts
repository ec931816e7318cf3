import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { memoryBroadcaster } from '../../../src/adapters/memory/index.js';
import { PinoLogger } from '../../../src/adapters/pino/logger.js';
import {
  createChat,
  type ChatMessage,
  type ChatOptions,
  type Publication,
  type PublishResult,
} from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { listen } from '../http/raw.js';

const CANARY = 'canary-of-a-message';

interface Line {
  readonly msg: string;
  readonly cause?: { readonly message?: string; readonly stack?: string };
}

/** Has somebody say something in a room of a chat, and answers what the log says then. */
async function logOf(options: ChatOptions): Promise<Line[]> {
  const lines: Line[] = [];
  const logger = new PinoLogger({ destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const chat = createChat({ ...options, logger });
  const server = createServer();
  chat.attach(server, { path: '/api/chat-api/ws' });
  const port = await listen(server);
  onTestFinished(async () => {
    await chat.close({ reconnectWithinMs: 0 });
    server.close();
  });
  await chat.ready;
  const client = await ChatClient.connect(port, { rooms: ['lobby'] });
  const request = client.request({ room: 'lobby', data: { content: CANARY } });
  const answer = await Promise.race([request.then(({ data }) => data.code), client.closed.then(({ code }) => code)]);
  expect([1011, 'internal', 'unavailable']).toContain(answer);
  return lines;
}

const contentOf = ({ data }: ChatMessage): string => String(Object(data).content);

const failures: readonly (readonly [string, ChatOptions, string, RegExp])[] = [
  [
    'a hook that throws',
    {
      onMessage() {
        throw new Error('no such table');
      },
    },
    'onMessage failed',
    /no such table/,
  ],
  [
    'a hook that reads JSON where there is none',
    { onMessage: (_, message) => ({ data: JSON.parse(contentOf(message)) }) },
    'onMessage failed',
    /not valid JSON/,
  ],
  [
    'a hook that takes a text for a type',
    { onMessage: (_, message) => ({ type: `${contentOf(message)}!`, data: 1 }) },
    'onMessage failed',
    /expected a message type/,
  ],
  [
    'a hook that sends a text for a type',
    {
      onMessage(connection, message) {
        connection.send({ type: `${contentOf(message)}!`, data: 1 });
        return message;
      },
    },
    'onMessage failed',
    /expected a message type/,
  ],
  [
    'a broadcaster that breaks its word',
    {
      broadcaster: Object.assign(memoryBroadcaster(), {
        publish(_channel: string, { tail }: Publication): PublishResult {
          throw Object.assign(new Error('ERR unknown command'), { command: { name: 'evalsha', args: [tail] } });
        },
      }),
    },
    'the broadcaster failed',
    /ERR unknown command/,
  ],
];

it.each(failures)('%s is told in the log, and not what was said', async (_what, options, event, words) => {
  const lines = await logOf(options);
  const line = lines.find(({ msg }) => msg === event);
  expect(line?.cause?.message).toMatch(words);
  expect(line?.cause?.stack).toMatch(/\.ts:\d+/);
  expect(JSON.stringify(lines)).not.toContain(CANARY);
});
