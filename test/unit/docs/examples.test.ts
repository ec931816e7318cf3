import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { createChat } from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { SECRET as secret, token } from '../../support/jwt.js';
import { listen } from '../http/raw.js';

const BEGIN = '// The README has this, ';
const END = '// as far as here.';

/** Without how far they are indented. */
const lines = (code: string): string[] =>
  code
    .trim()
    .split('\n')
    .map((line) => line.trim());

it('the README’s example of tokens does what it says', async () => {
  const isStaff = (id: string): Promise<boolean> => Promise.resolve(id === 'grace');
  const server = createServer();
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const clients: Promise<ChatClient>[] = [];
  const enter = async (sub: string): Promise<ChatClient> => {
    const client = ChatClient.connect(port, { query: { token: await token({ sub, aud: 'chat' }) } });
    clients.push(client);
    return client;
  };
  const before = async (): Promise<void> => {
    chat.attach(server, { path: '/api/chat-api/ws' });
    await chat.ready;
    const [ada, grace, mallory] = [await enter('ada'), await enter('grace'), await enter('mallory')];
    const types: string[] = [];
    for (const client of [ada, grace, mallory]) {
      expect((await client.request({ type: 'join', room: 'news' })).type).toBe('ack');
      types.push((await client.request({ room: 'news', data: 1 })).type);
    }
    expect(types).toEqual(['error', 'ack', 'error']);
    await expect(ChatClient.connect(port, { query: { token: await token({ aud: 'mail' }) } })).rejects.toThrow();
    await expect(ChatClient.connect(port, {})).rejects.toThrow();
  };
  // The README has this, but for what stands between:
  const chat = createChat({
    auth: jwtAuth({ secret, audience: 'chat' }), // of hubbub/jwt; or an AuthPort of your own
    authRequired: true, // without, clients that bring no token are guests
    // action is 'join', 'publish' or 'history'; room is undefined in the channel of everybody.
    authorize: async (user, action, room) => action !== 'publish' || room !== 'news' || (await isStaff(user.id)),
  });
  // ...
  await before();
  // ...
  await chat.disconnect('ada', { issuedBefore: Date.now() }); // "log out everywhere": a token issued from now on is good
  await chat.disconnect('mallory'); // on all pods within 2 s; tokens issued before, or up to 5 s after, count no more
  // as far as here.
  expect((await (await clients[2])?.closed)?.code).toBe(4403);
  await chat.close();
});

it('the README’s example of tokens is this one', () => {
  const root = new URL('../../../', import.meta.url);
  const example = /<!-- example:auth -->\n```ts\n([^]*?)```/.exec(
    readFileSync(new URL('README.md', root), 'utf8'),
  )?.[1];
  const own = readFileSync(new URL(import.meta.url), 'utf8');
  const code = own
    .slice(own.lastIndexOf(`  ${BEGIN}`), own.indexOf(`  ${END}`))
    .replace(/\/\/ \.\.\.\n[^]*?\/\/ \.\.\.\n/, '');
  expect(lines(example ?? '')).toEqual(lines(code).slice(1));
});
