// A plain loop on ws: a set of members for each room, every message sent to each of them as ws' own example of a
// broadcast does it.
import { WebSocketServer } from 'ws';

/** @type {Map<string, Set<import('ws').WebSocket>>} */
const rooms = new Map();

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  clientTracking: false,
  perMessageDeflate: false,
});

server.on('connection', (socket, request) => {
  const room = new URL(request.url, 'ws://localhost').searchParams.get('room');
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));
  socket.on('message', (/** @type {Buffer} */ data, isBinary) => {
    const { room } = JSON.parse(data.toString());
    for (const member of rooms.get(room) ?? []) member.send(data, { binary: isBinary });
  });
  socket.on('close', () => members.delete(socket));
  socket.on('error', (error) => console.error(error.message));
  socket.send('joined');
});

server.on('listening', () => console.log(`listening ${server.address().port}`));
