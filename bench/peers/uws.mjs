// uWebSockets.js with its own publish and subscribe.
import { createRequire } from 'node:module';

const binary = process.env.UWS_BINARY;
const uWS = binary ? createRequire(import.meta.url)(binary) : await import('@btc-vision/uwebsockets.js');
if (process.env.ONLY_LOAD) process.exit(0);

const MIB = 1024 * 1024;
const decoder = new TextDecoder();

const app = uWS.App();
app.ws('/*', {
  compression: uWS.DISABLED,
  maxPayloadLength: MIB,
  // Its default of 64 KiB would drop messages for whoever is behind, and a burst that is not delivered costs nothing.
  maxBackpressure: 64 * MIB,
  upgrade: (response, request, context) => {
    response.upgrade(
      { room: request.getQuery('room') },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  open: (socket) => {
    socket.subscribe(socket.getUserData().room);
    socket.send('joined');
  },
  message: (socket, data) => {
    const text = decoder.decode(data);
    app.publish(JSON.parse(text).room, text);
  },
});

app.listen('127.0.0.1', Number(process.env.PORT ?? 0), (listener) => {
  if (!listener) throw new Error('uWebSockets.js could not listen');
  console.log(`listening ${uWS.us_socket_local_port(listener)}`);
});
