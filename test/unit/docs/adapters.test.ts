import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect, type AddressInfo, type Server as NetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createChat } from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { lineServer } from '../../support/line-server.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const example = (name: string): string =>
  new RegExp(`<!-- example:${name} -->\\n\`\`\`ts\\n([^]*?)\`\`\``).exec(read('docs/adapters.md'))?.[1] ?? '';

const BEGIN = '// The page has this, ';
const END = '// as far as here.';
/** Without how far they are indented, and on a port that is free. */
const lines = (code: string): string[] =>
  code
    .trim()
    .replaceAll(/\b[78]001\b/g, '0')
    .split('\n')
    .map((line) => line.trim());

const portOf = (server: NetServer): number => {
  const address = server.address() as AddressInfo;
  return address.port;
};

it('the example of a transport beside WebSocket does what it says', async () => {
  const talk = async (): Promise<void> => {
    if (!lineDoor.listening) await once(lineDoor, 'listening');
    if (!server.listening) await once(server, 'listening');
    await chat.ready;
    const ada = await ChatClient.connect(portOf(server), { rooms: ['lobby'] });
    const socket = connect(portOf(lineDoor), '127.0.0.1');
    // What the page has its readers type.
    const [, typed = ''] = /printf '([^']+)'/.exec(read('docs/adapters.md')) ?? [];
    socket.write(typed.replaceAll('\\n', '\n'));
    await ada.until(
      () => ada.messages('lobby').find(({ data }) => JSON.stringify(data) === '"Hi"'),
      'what the line says',
    );
    socket.end();
    expect(await text(socket)).toContain('"data":"Hi"');
  };
  // The page has this, but for what stands between:
  const chat = createChat();
  const lineDoor = lineServer(chat.port).listen(0);
  const server = http.createServer();
  chat.attach(server, { path: '/api/chat-api/ws' });
  server.listen(0);
  // ...
  await talk();
  // ...

  // At the end: the chat tells all clients, then the servers stop.
  await chat.close();
  lineDoor.close();
  server.close();
  // as far as here.
});

it('the example of a transport beside WebSocket is this one', () => {
  const own = readFileSync(new URL(import.meta.url), 'utf8');
  const code = own
    .slice(own.lastIndexOf(`  ${BEGIN}`), own.indexOf(`  ${END}`))
    .replace(/ *\/\/ \.\.\.\n[^]*?\/\/ \.\.\.\n/, '');
  const withoutImports = example('port').replaceAll(/^import .*\n/gm, '');
  expect(lines(withoutImports)).toEqual(lines(code).slice(1));
});

it('the transport of the page is the one that is tested', () => {
  expect(example('transport')).toBe(read('test/support/line-server.ts').replace("'../../src/index.js'", "'hubbub'"));
});
