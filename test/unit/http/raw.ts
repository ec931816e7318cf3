import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Starts a server on a free port of the loopback interface. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return address.port;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server hangs up. */
export async function exchange(port: number, send: string | ((socket: Socket) => void)): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  // A reset after the answer is the server's right; without an answer the parse below fails.
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'connect');
  if (typeof send === 'string') socket.write(send);
  else send(socket);
  if (!socket.closed) await once(socket, 'close');
  return parse(text);
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  const headers = fields.map(
    (field) => [field.split(':')[0]?.toLowerCase() ?? '', field.replace(/^[^:]*: /, '')] as const,
  );
  return { status, headers: new Map(headers), body: rest.join('\r\n\r\n') };
}
