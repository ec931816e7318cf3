import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { PodProcess } from '../support/pod-process.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

const config = readFileSync(new URL('../../deploy/haproxy.cfg', import.meta.url), 'utf8');
const FORWARDED = /\bx-forwarded-for\b/i;

/** The rules of each section, in their order, without comments. */
function sections(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let rules: string[] = [];
  for (const line of text.split('\n').map((one) => one.replace(/#.*/, '').trimEnd())) {
    if (/^\s/.test(line)) rules.push(line.trim());
    else if (line !== '') found.set(line, (rules = []));
  }
  return found;
}

describe('the proxy of deploy/haproxy.cfg', () => {
  it('drops what a client says of where it comes from, and then says it itself', () => {
    const all = sections(config);
    expect(all.get('defaults')).toContain('option forwardfor');
    const rules = [...all].flatMap(([name, own]) => own.map((rule) => `${name}: ${rule}`));
    expect(rules.filter((rule) => FORWARDED.test(rule))).toEqual([
      'frontend chat: http-request del-header X-Forwarded-For',
    ]);
    // The only rule about requests, and so under no condition and behind no other.
    expect(rules.filter((rule) => rule.includes('http-request ') && !rule.includes('timeout'))).toHaveLength(1);
    expect(rules.filter((rule) => /forwardfor|use_backend|\blisten /.test(rule))).toEqual([
      'defaults: option forwardfor',
    ]);
    expect([...all.keys()].filter((name) => /^(frontend|listen) /.test(name))).toEqual(['frontend chat']);
  });

  // Not every machine has it; scripts/test.sh --full installs it.
  if (spawnSync('haproxy', ['-v']).status === 0) {
    it('gives nobody another address, whatever they say', async () => {
      const pod = await PodProcess.start({ TRUSTED_PROXIES: '127.0.0.1', MAX_CONNECTIONS_PER_ADDRESS: '1' });
      onTestFinished(async () => void (await pod.stop()));
      const port = await proxyTo(pod.port);
      const first = await upgrade(port, '198.51.100.1');
      expect(first.status).toBe(101);
      for (const address of ['198.51.100.2', '::1', '127.0.0.1', '198.51.100.3, 127.0.0.1', '']) {
        expect([address, (await upgrade(port, address)).status]).toEqual([address, 429]);
      }
    });
  }
});

async function upgrade(port: number, address: string) {
  const raw = await RawWebSocket.send(port, upgradeRequest('/api/chat-api/ws', { 'X-Forwarded-For': address }));
  onTestFinished(() => raw.reset());
  return raw.response();
}

/** Runs it as it is, but for where it listens and where the pods are. */
async function proxyTo(pod: number): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-proxy-'));
  const path = join(folder, 'haproxy.cfg');
  const servers = config.replace(/^ {2}server .*\n/gm, '');
  writeFileSync(path, `${servers.replace('bind :8001', `bind 127.0.0.1:${port}`)}  server pod 127.0.0.1:${pod}\n`);
  const proxy: ChildProcess = spawn('haproxy', ['-db', '-f', path], { stdio: 'ignore' });
  const exited = once(proxy, 'exit');
  onTestFinished(async () => {
    proxy.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true });
  });
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
