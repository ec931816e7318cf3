import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';

/** A server that keeps what it hears, and a client of it through the proxy. */
async function line() {
  const heard: Buffer[] = [];
  const ends: Socket[] = [];
  const server = createServer((end) => {
    ends.push(end);
    end.on('error', () => {});
    end.on('data', (bytes: Buffer) => heard.push(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const proxy = await ChaosProxy.before(address.port);
  onTestFinished(async () => {
    await proxy.close();
    for (const end of ends) end.destroy();
    server.close();
  });
  return { proxy, ends, server, heard: () => Buffer.concat(heard).toString(), pieces: heard };
}

async function client(proxy: ChaosProxy) {
  const socket = connect(proxy.port, '127.0.0.1');
  const heard: Buffer[] = [];
  let state = 'connecting';
  socket.on('connect', () => (state = 'open'));
  socket.on('error', () => {});
  socket.on('close', () => (state = 'closed'));
  socket.on('data', (bytes: Buffer) => heard.push(bytes));
  onTestFinished(() => void socket.destroy());
  return { socket, state: () => state, heard: () => Buffer.concat(heard).toString() };
}

async function talking() {
  const far = await line();
  const near = await client(far.proxy);
  near.socket.write('hello');
  await eventually(far.heard, 'hello');
  const [end] = far.ends;
  const [passage] = far.proxy.passages();
  if (!end || !passage) throw new Error('nobody came');
  return { ...far, near, end, passage };
}

describe('the chaos proxy', () => {
  it('carries both ways, and closes where one end does', async () => {
    const { proxy, near, end } = await talking();
    end.write('and you');
    await eventually(near.heard, 'and you');
    expect(proxy.counts).toEqual({ open: 1, accepted: 1, refused: 0 });
    end.end();
    await eventually(near.state, 'closed');
    await eventually(() => proxy.counts.open, 0);
  });

  it('carries megabytes unharmed, also in pieces', async () => {
    const { near, end, passage } = await talking();
    const text = 'abcdefghij'.repeat(300_000);
    end.write(text);
    await eventually(() => near.heard().length, text.length);
    passage.dribble(100_000);
    end.write(text);
    await eventually(() => near.heard().length, 2 * text.length);
    expect(near.heard()).toBe(text + text);
  });

  it('cuts, refuses, and lets in again', async () => {
    const { proxy, near } = await talking();
    proxy.refuse();
    proxy.cut();
    await eventually(near.state, 'closed');
    const other = await client(proxy);
    await eventually(other.state, 'closed');
    expect(proxy.counts).toEqual({ open: 0, accepted: 1, refused: 1 });
    proxy.accept();
    await client(proxy);
    await eventually(() => proxy.counts.open, 1);
  });

  it('cuts only those that were asked for', async () => {
    const { proxy, near } = await talking();
    const listener = await client(proxy);
    listener.socket.write('SUBSCRIBE room');
    await eventually(() => proxy.passages((passage) => passage.hasSaid('subscribe')).length, 1);
    proxy.cut((passage) => passage.hasSaid('subscribe'));
    await eventually(listener.state, 'closed');
    expect(near.state()).toBe('open');
  });

  it('makes a connection half-open: nothing gets through, not even its end', async () => {
    const { proxy, near, end, passage, heard } = await talking();
    passage.blackHole();
    near.socket.write('lost');
    end.end('lost too');
    const other = await client(proxy);
    other.socket.write(' again');
    await eventually(heard, 'hello again');
    expect([near.state(), near.heard()]).toEqual(['open', '']);
  });

  it('makes a connection half-open towards the pod alone', async () => {
    const { near, end, passage, heard } = await talking();
    passage.blackHole('towards the pod');
    end.write('lost');
    near.socket.write(' there');
    await eventually(heard, 'hello there');
    expect(near.heard()).toBe('');
  });

  it('delays, and keeps the order', async () => {
    const { near, end, passage } = await talking();
    passage.delay(200);
    const begin = performance.now();
    end.write('one ');
    end.write('two');
    await eventually(near.heard, 'one two');
    expect(performance.now() - begin).toBeGreaterThan(190);
  });

  it('dribbles', async () => {
    const { near, passage, pieces, heard } = await talking();
    passage.dribble(1);
    near.socket.write(' bit by bit');
    await eventually(heard, 'hello bit by bit');
    expect(pieces.length).toBeGreaterThan(2);
  });

  it('cuts after as many bytes as it was told', async () => {
    const { near, end, passage } = await talking();
    passage.cutAfter(4);
    end.write('12');
    end.write('3456');
    await eventually(near.state, 'closed');
    expect(near.heard()).toBe('1234');
  });

  it('passes on what was said, and then nothing that is answered', async () => {
    const { near, end, passage, heard } = await talking();
    passage.onceSaid('publish', () => passage.cutAfter(0));
    near.socket.write(' other');
    await eventually(heard, 'hello other');
    end.write('fine');
    await eventually(near.heard, 'fine');
    near.socket.write(' pub');
    near.socket.write('lish');
    await eventually(heard, 'hello other publish');
    end.write('done');
    await eventually(near.state, 'closed');
    expect(near.heard()).toBe('fine');
  });

  it('stalls: the sender finds its buffers full, and nothing is lost', async () => {
    const { near, end, passage } = await talking();
    passage.stall();
    const text = 'abcdefghij'.repeat(2_000_000);
    const writes = end.write(text);
    expect(writes).toBe(false);
    expect(near.heard().length).toBeLessThan(text.length);
    passage.heal();
    await eventually(() => near.heard().length, text.length);
  });

  it('treats new connections as those that stand, until it is healed', async () => {
    const { proxy, near } = await talking();
    proxy.treat((passage) => passage.cutAfter(0));
    const [first] = proxy.passages();
    expect(first?.carriedDown).toBe(0);
    near.socket.destroy();
    const { socket, state } = await client(proxy);
    await eventually(state, 'open');
    expect(proxy.counts.accepted).toBe(2);
    proxy.heal();
    socket.destroy();
  });
});
