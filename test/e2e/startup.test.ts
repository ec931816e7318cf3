import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SECRET } from '../support/jwt.js';
import { PodProcess } from '../support/pod-process.js';

const ROOT = new URL('../../', import.meta.url);

describe('the start', () => {
  it('says where it listens', async () => {
    const pod = await PodProcess.start();
    onTestFinished(async () => void (await pod.stop()));
    const line = pod.lines.find(({ msg }) => msg === 'listening');
    expect(line).toMatchObject({ level: 'info', host: '127.0.0.1', port: pod.port, path: '/api/chat-api/ws' });
    expect(pod.port).toBeGreaterThan(0);
  });

  it('says its version, its Node and the settings that are no defaults, and no secret', async () => {
    const [JWT_SECRET, API_KEY] = ['canary-of-a-secret'.padEnd(32, 'x'), 'canary-of-a-key'.padEnd(32, 'x')];
    const pod = await PodProcess.start({
      RATE_LIMIT: '7',
      HISTORY_SIZE: '',
      AUTH_ENABLED: 'true',
      JWT_SECRET,
      API_KEY,
    });
    onTestFinished(async () => void (await pod.stop()));
    const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
    const hidden = '(not shown)';
    expect(pod.lines[0]).toMatchObject({ level: 'info', msg: 'starting', version, node: process.versions.node });
    expect(pod.lines[0]?.['settings']).toEqual({
      HOST: '127.0.0.1',
      PORT: 0,
      DRAIN_MS: 200,
      RATE_LIMIT: 7,
      MAX_CONNECTIONS: 10_000,
      AUTH_ENABLED: true,
      JWT_SECRET: hidden,
      API_KEY: hidden,
    });
    expect(pod.stdout + pod.stderr).not.toContain('canary');
  });

  it.each([
    ['guests', {}],
    // A slip of the pen that opens the pod to everybody.
    ['guests', { AUTH_ENABLE: 'true' }],
    ['tokens', { AUTH_ENABLED: 'true', JWT_SECRET: SECRET }],
  ])('says that clients are known as %s: %j', async (auth, env) => {
    const pod = await PodProcess.start(env);
    onTestFinished(async () => void (await pod.stop()));
    expect(pod.lines.find(({ msg }) => msg === 'listening')).toMatchObject({ auth });
  });

  it('serves under BASE_PATH, and the page at the root', async () => {
    const pod = await PodProcess.start({ BASE_PATH: '/talk' });
    onTestFinished(async () => void (await pod.stop()));
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${pod.port}${path}`)).status;
    expect(await status('/talk/ws')).toBe(426);
    expect(await status('/talk/asyncapi.json')).toBe(200);
    expect(await status('/talk/openapi.json')).toBe(200);
    expect(await status('/api/chat-api/ws')).toBe(404);
    expect(await status('/')).toBe(200);
    expect(await status('/livez')).toBe(200);
    expect(await status('/readyz')).toBe(200);
  });

  it('is refused with a line for every wrong setting, all at once', async () => {
    const pod = new PodProcess({
      PORT: '99999',
      BASE_PATH: 'api/',
      REDIS_URL: 'http://user:hunter2@example.test',
      REDIS_SUBSCRIBE: 'all',
      HISTORY_SIZE: '-1',
      ALLOWED_ORIGINS: 'https://chat.example/path',
      LOG_LEVEL: 'loud',
      AUTH_ENABLED: 'true',
    });
    expect(await pod.exited).toEqual({ code: 1, signal: null });
    const names = pod.stderr.split('\n').map((line) => line.split(':')[0]);
    expect(names).toEqual([
      'PORT',
      'BASE_PATH',
      'REDIS_URL',
      'REDIS_SUBSCRIBE',
      'ALLOWED_ORIGINS',
      'HISTORY_SIZE',
      'LOG_LEVEL',
      'AUTH_ENABLED',
      '',
    ]);
    expect(pod.stderr).toContain('PORT: expected an integer from 0 to 65535, got "99999"');
    expect(pod.stderr).not.toContain('hunter2');
    expect(pod.stdout).toBe('');
  });

  it('is refused with one clear line where the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    onTestFinished(async () => {
      squatter.close();
      await once(squatter, 'close');
    });
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const pod = new PodProcess({ PORT: String(port) });
    expect(await pod.exited).toEqual({ code: 1, signal: null });
    expect(pod.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/EADDRINUSE.*PORT/)]);
    expect(pod.stderr).toContain(String(port));
    expect(pod.stdout).not.toContain('listening');
  });

  it('is refused with one line where a part of it can not be made', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hubbub-start-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    cpSync(new URL('dist', ROOT), join(root, 'dist'), { recursive: true });
    rmSync(join(root, 'dist/page/index.html'));
    cpSync(new URL('package.json', ROOT), join(root, 'package.json'));
    symlinkSync(new URL('node_modules', ROOT), join(root, 'node_modules'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/app/main.js')], {
      env: { PATH: process.env['PATH'], PORT: '0' },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^hubbub can't start: Page: index.html or main.js is missing in .*: run npm run build\n$/);
  });

  it('is refused where the address is none of this machine', async () => {
    const pod = new PodProcess({ HOST: '192.0.2.1' });
    expect(await pod.exited).toEqual({ code: 1, signal: null });
    expect(pod.stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('192.0.2.1')]);
  });
});
