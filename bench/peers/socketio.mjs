// Socket.IO by WebSocket alone, tuned as its page "Performance tuning" says: bufferutil is installed, no compression, the
// first request of a connection is let go. ADAPTER=redis, sharded or streams joins several of them over REDIS_URL.
import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const ADAPTERS = {
  redis: async () => createAdapter(await redis(), await redis()),
  sharded: async () => createShardedAdapter(await redis(), await redis()),
  streams: async () => createStreamsAdapter(await redis(), { onlyPlaintext: true }),
};

const kind = process.env.ADAPTER;
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  ...(kind && { adapter: await ADAPTERS[kind]() }),
});

io.engine.on('connection', (connection) => {
  connection.request = null;
});

io.on('connection', (socket) => {
  socket.on('join', async (room, joined) => {
    await socket.join(room);
    joined();
  });
  socket.on('chat', (message) => io.to(message.room).emit('chat', message));
});

http.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) }, () =>
  console.log(`listening ${http.address().port}`),
);

async function redis() {
  const client = createClient({ url: process.env.REDIS_URL });
  client.on('error', (error) => console.error(error.message));
  return client.connect();
}
