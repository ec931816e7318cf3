import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { attackedPod } from '../../support/attacked-pod.js';
import { ChatClient, chatUrl } from '../../support/chat-client.js';

const PEER = fileURLToPath(new URL('../../support/websockets-peer.py', import.meta.url));
const ROOM = 'snakes';

const pod = attackedPod();

/** Runs the client in Python, which answers with what it saw. */
async function peer(told: object): Promise<unknown> {
  const python = spawn(process.env['PYTHON'] ?? '/usr/bin/python3', [PEER], { stdio: 'pipe' });
  onTestFinished(() => void python.kill());
  python.stdin.end(JSON.stringify(told));
  const [output, errors, [code]] = await Promise.all([
    text(python.stdout),
    text(python.stderr),
    once(python, 'close').catch((error: Error) => [error.message]),
  ]);
  if (errors.includes("No module named 'websockets'") || String(code).includes('ENOENT')) {
    throw new Error(`expected Python 3 with websockets, got neither: apt-get install python3-websockets (${code})`);
  }
  expect(errors).toBe('');
  return JSON.parse(output);
}

it('the websockets library of Python chats, and sees the same ends', async () => {
  const big = 'x'.repeat(65_536 - `{"room": "${ROOM}", "data": {"content": ""}}`.length);
  const texts = ['Hello', '', 'Grüße, κόσμε, 日本語, 👋🏽', '\u0000\u007f\u2028\ufeff\uffff\u{10ffff}', big];
  const listener = await ChatClient.connect(pod.port, { rooms: [ROOM] });
  const excess = 'x'.repeat(65_537);
  expect(await peer({ url: chatUrl(pod.port), room: ROOM, texts, excess })).toEqual({
    version: expect.stringMatching(/^\d+\.\d+/),
    subprotocol: 'hubbub.v1',
    extensions: [],
    welcome: 'welcome',
    joined: ROOM,
    echoes: texts,
    fragmented: texts.flatMap((content) => [content, content]),
    pings: 13,
    closed: [4321, 'bye, 再见'],
    binary: [1003, 'text frames only'],
    tooLong: [1009, ''],
    plainClose: [1000, ''],
  });
  expect(listener.contents(ROOM)).toEqual([...texts, ...texts.flatMap((content) => [content, content])]);
  await listener.close();
});
