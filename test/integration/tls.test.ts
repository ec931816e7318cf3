import { rm, mkdtemp, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/app/config.js';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { eventually } from '../support/eventually.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { TestAuthority } from '../support/redis-certificates.js';
import { startRedis, type RedisServer } from '../support/redis.js';

const PASSWORD = 'canary-of-a-password';
const authority = new TestAuthority();
const stranger = new TestAuthority('another authority');

let folder: string;
let known: string;
let unknown: string;
let redis: RedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubbub-tls-'));
  [known, unknown] = [join(folder, 'known.pem'), join(folder, 'unknown.pem')];
  await writeFile(known, authority.cert);
  await writeFile(unknown, stranger.cert);
  const tls = authority.issue({ hosts: ['redis.example.test'], addresses: ['127.0.0.1'] });
  redis = await startRedis({ tls });
  await redis.cli('ACL', 'SETUSER', 'hubbub', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

async function start(host: string, env: Readonly<Record<string, string>> = {}): Promise<PodProcess> {
  const pod = await PodProcess.start({ REDIS_URL: `rediss://hubbub:${PASSWORD}@${host}`, ...env });
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

async function ready(pod: PodProcess): Promise<number> {
  return (await fetch(`http://127.0.0.1:${pod.port}/readyz`, { headers: { connection: 'close' } })).status;
}

/** The names of connections to Redis, by the users that they are of. */
async function users(): Promise<string[]> {
  const list = await redis.cli('CLIENT', 'LIST');
  return [...list.matchAll(/ user=(\S+)/g)].map(([, user = '']) => user);
}

describe('rediss://', () => {
  it('carries all that pods say by TLS, to a server whose authority is named to Node', async () => {
    const NODE_EXTRA_CA_CERTS = known;
    const host = `127.0.0.1:${redis.tlsPort}`;
    const [one, two] = [await start(host, { NODE_EXTRA_CA_CERTS }), await start(host, { NODE_EXTRA_CA_CERTS })];
    const ada = await connectClient(one.port, { rooms: ['lobby'] });
    const grace = await connectClient(two.port, { rooms: ['lobby'] });
    const { epoch, offset } = await ada.say('Hello!', 'lobby');
    await grace.hears('Hello!', 'lobby');
    const list = (await redis.cli('CLIENT', 'LIST')).split('\n').filter((line) => line.includes(' user=hubbub '));
    expect(list.length).toBe(4);
    // The address of this end, which is the TLS port there unless a container maps it.
    expect(new Set(list.map((line) => / laddr=\S+:(\d+)/.exec(line)?.[1])).size).toBe(1);
    await redis.cli('CLIENT', 'KILL', 'USER', 'hubbub');
    await eventually(async () => [await ready(one), await ready(two)], [200, 200], 10_000);
    await ada.say('again', 'lobby');
    await grace.hears('again', 'lobby');
    const back = await connectClient(two.port);
    const ack = await back.request({ type: 'join', room: 'lobby', data: { since: { epoch, offset } } });
    expect(ack.data).toMatchObject({ recovered: true });
    expect(one.stdout + one.stderr + two.stdout + two.stderr).not.toContain(PASSWORD);
  });

  it.each([
    ['an authority that nobody knows', '127.0.0.1', () => ({}), /certificate/],
    ['another authority than the one named', '127.0.0.1', () => ({ NODE_EXTRA_CA_CERTS: unknown }), /certificate/],
    ['a host that the certificate is not for', 'localhost', () => ({ NODE_EXTRA_CA_CERTS: known }), /altnames/],
  ])('refuses %s: the log says so, the password is not sent', async (_name, host, env, cause) => {
    await redis.cli('CONFIG', 'RESETSTAT');
    const pod = await start(`${host}:${redis.tlsPort}`, env());
    const line = await pod.logged('redis is away');
    expect(line).toMatchObject({ level: 'warn', cause: expect.stringMatching(cause) });
    expect(await ready(pod)).toBe(503);
    await expect(connectClient(pod.port)).rejects.toThrow('closed');
    expect(await users()).not.toContain('hubbub');
    expect(await redis.cli('INFO', 'commandstats')).not.toMatch(/cmdstat_(hello|auth|subscribe|evalsha)/);
    await pod.stop();
    expect(pod.stdout + pod.stderr).not.toContain(PASSWORD);
    expect(pod.lines.filter(({ level }) => level === 'warn').length).toBe(1);
  });

  it('refuses a certificate that vouches for itself', async () => {
    const self = new TestAuthority('Redis itself').issueForItself({ addresses: ['127.0.0.1'] });
    const other = await startRedis({ tls: self });
    onTestFinished(() => other.stop());
    const pod = await start(`127.0.0.1:${other.tlsPort}`);
    expect((await pod.logged('redis is away'))['cause']).toMatch(/self-signed certificate/);
    expect(await ready(pod)).toBe(503);
  });
});

/** What comes first on each connection to a port that never answers. */
async function firstBytes(): Promise<{ readonly port: number; readonly heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      heard.push(chunk);
      // As one that speaks no TLS: what falls back to plain text would do so now.
      socket.end('-ERR unknown command\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, heard };
}

describe.each(['rediss', 'REDISS', ' rediss', 'RedisS'])('%s:// to a port without TLS', (scheme) => {
  it('begins each try with a TLS hello, and never says anything in plain text', async () => {
    const asIs = (url: string): string => url;
    const bySettings = (REDIS_URL: string): string => loadConfig({ REDIS_URL }).REDIS_URL ?? '';
    for (const read of [asIs, bySettings]) {
      const { port, heard } = await firstBytes();
      const broadcaster = redisBroadcaster({ url: read(`${scheme}://hubbub:${PASSWORD}@127.0.0.1:${port}`) });
      await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
      await eventually(() => heard.length >= 6, true);
      expect(broadcaster.health).toMatchObject({ ready: false });
      await broadcaster.close();
      for (const chunk of heard) {
        expect(chunk.subarray(0, 2)).toEqual(Buffer.from([0x16, 0x03]));
        expect(chunk.includes(PASSWORD)).toBe(false);
      }
    }
  });
});
