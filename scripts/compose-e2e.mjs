// Chats through running pods: one client at each address given ("host:port", the same one twice is fine).
// Every client says something to the room and to everybody; all of it must reach all clients, once and in one order.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

const PATIENCE_MS = 60_000;
const addresses = process.argv.slice(2);
const room = `e2e-${randomUUID()}`;
const path = `${process.env.BASE_PATH ?? '/api/chat-api'}/ws`;

setTimeout(() => die(`not done within ${PATIENCE_MS} ms`), PATIENCE_MS).unref();
if (addresses.length === 0) die('which pods? Give at least one host:port');

const clients = await Promise.all(addresses.map(enter));
await Promise.all(clients.map(speak));
await Promise.all(clients.map((client) => client.until(() => client.heard().length === 2 * clients.length)));
clients.forEach(check);
for (const client of clients) client.socket.close(1000);
console.log(`${clients.length} clients at ${addresses.join(', ')}: every message reached everyone, in one order`);

/** Comes in and waits until it is a member. A pod that is still starting refuses: ask again. */
async function enter(address, index) {
  const url = `ws://${address}${path}?room=${room}&name=client-${index}`;
  for (;;) {
    const client = listen(new WebSocket(url), index);
    const opened = await Promise.race([
      once(client.socket, 'open'),
      once(client.socket, 'close').then(() => undefined),
    ]);
    if (opened === undefined) {
      await pause(100);
      continue;
    }
    await client.until(() => client.frames.some((frame) => frame.type === 'ack' && frame.data.room === room));
    return client;
  }
}

function listen(socket, index) {
  const frames = [];
  let wake = () => {};
  socket.on('error', (error) => console.log(`client ${index}: ${error.message}`));
  socket.on('message', (data) => {
    frames.push(JSON.parse(data.toString()));
    wake();
  });
  return {
    socket,
    index,
    frames,
    /** This run's messages; others may be talking to everybody too. */
    heard: () => frames.filter((frame) => frame.type === 'chat' && frame.data?.run === room),
    async until(condition) {
      while (!condition()) await new Promise((resolve) => (wake = resolve));
    },
  };
}

async function speak({ socket, index, frames, until }) {
  const ids = [randomUUID(), randomUUID()];
  socket.send(JSON.stringify({ type: 'chat', room, id: ids[0], data: { run: room, text: `room ${index}` } }));
  socket.send(JSON.stringify({ type: 'chat', id: ids[1], data: { run: room, text: `all ${index}` } }));
  const answered = (id) => frames.some((frame) => frame.re === id);
  await until(() => ids.every(answered));
  const refused = frames.find((frame) => frame.type === 'error');
  if (refused) die(`client ${index} was refused: ${JSON.stringify(refused)}`);
}

function check(client) {
  const [mine, first] = [client, clients[0]].map(({ heard }) => heard());
  const texts = clients.flatMap(({ index }) => [`room ${index}`, `all ${index}`]);
  const got = mine.map((frame) => frame.data.text);
  const sorted = (list) => list.toSorted((a, b) => a.localeCompare(b)).join();
  if (sorted(got) !== sorted(texts)) die(`client ${client.index} heard ${got.join()}`);
  for (const channel of [room, undefined]) {
    const [ids, expected] = [mine, first].map((list) =>
      list.filter((frame) => frame.room === channel).map((frame) => `${frame.offset} ${frame.id}`),
    );
    if (ids.join() !== expected.join())
      die(`client ${client.index} heard another order in ${channel ?? 'the global channel'}`);
  }
}

function die(reason) {
  console.error(`chat failed: ${reason}`);
  process.exit(1);
}
