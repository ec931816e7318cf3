import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { configTable } from '../../src/app/config.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const project = mkdtempSync(join(tmpdir(), 'hubbub-user-'));
const running: ChildProcess[] = [];

/** Installs the package as it would be published, with the dependencies that are here already. */
beforeAll(() => {
  const packed: unknown = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
  const [{ filename }] = packed as [{ filename: string }];
  const installed = join(project, 'node_modules/hubbub');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', installed]);
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(project, { recursive: true });
});

function codeBlock(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(readme)?.[1];
  if (block === undefined) throw new Error(`README: expected an example in ${language}, got none`);
  return block;
}

/** Runs the README's example, with a line that tells the port. */
async function startExample(env: Record<string, string>): Promise<number> {
  const program = join(project, 'server.mjs');
  writeFileSync(program, `${codeBlock('js')}\nserver.on('listening', () => console.log(server.address().port));\n`);
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [program], { env: { ...process.env, PORT: '0', ...env }, stdio });
  running.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

function chat(port: number): { socket: WebSocket; until: (text: string) => Promise<string> } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/chat-api/ws?name=Ada`);
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => frames.push(data.toString()));
  const until = async (text: string): Promise<string> => {
    for (;;) {
      const found = frames.find((frame) => frame.includes(text));
      if (found !== undefined) return found;
      await once(socket, 'message');
    }
  };
  return { socket, until };
}

describe('the package as a user gets it', () => {
  it.each([
    ['in memory', {}],
    ['over Redis', { REDIS_URL: inject('redisUrl') }],
  ])("runs the README's server %s, beside the user's own routes", async (_name, env) => {
    const port = await startExample(env);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('your own routes\n');
    const { socket, until } = chat(port);
    await until('"motd"');
    socket.send('{"type":"chat","data":{"content":"Hello!"}}');
    expect(JSON.parse(await until('Hello!'))).toMatchObject({ type: 'chat', from: { name: 'Ada' } });
    socket.send('{"data":{"content":"spam"},"id":"one"}');
    expect(JSON.parse(await until('"one"'))).toMatchObject({ type: 'error', data: { code: 'forbidden' } });
    const child = running.at(-1);
    child?.kill('SIGTERM');
    await until('draining');
    if (child?.exitCode === null) await once(child, 'exit');
    expect(child?.exitCode).toBe(0);
  });

  it('brings its contract suites, without a test runner', () => {
    const program = "import { broadcastContract } from 'hubbub/contract'; console.log(typeof broadcastContract);";
    const args = ['--input-type=module', '--eval', program];
    expect(execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' })).toBe('function\n');
  });
});

describe('the README', () => {
  it('has the table of settings that the schema gives', () => {
    const table = /<!-- settings:[^>]*-->\n([^]*?)\n<!-- \/settings -->/.exec(readme)?.[1];
    expect(table?.trim()).toBe(configTable().trim());
  });

  it('names only scripts and files that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    const links = [...readme.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path]) => path ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const path of links) expect(() => execFileSync('test', ['-e', join(root, path)])).not.toThrow();
  });
});
