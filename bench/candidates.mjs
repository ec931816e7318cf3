import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';
import { freePort } from './free-port.mjs';
import { launch } from './launch.mjs';
import { uwsEnvironment } from './peers/uws-binary.mjs';

/**
 * What is compared.
 *
 * @typedef {object} Candidate
 * @property {string} name
 * @property {string} label for people
 * @property {'hubbub' | 'plain' | 'socketio' | 'nchan'} dialect that the load generator speaks to it
 * @property {boolean} core whether a run without it makes no sense
 * @property {() => Promise<string | undefined>} available why it can't run here, and what to install; `undefined` where
 *   it can
 * @property {(options?: StartOptions) => Promise<Running>} start resolves when all processes listen
 *
 * @typedef {object} StartOptions
 * @property {number} [pods] how many processes, 1 by default; several need a `redisUrl`
 * @property {string} [redisUrl]
 * @property {Record<string, string>} [env] more of its environment
 * @property {(command: string, args: string[]) => [string, string[]]} [wrap] puts something before the command, such as
 *   `taskset`
 *
 * @typedef {object} Running
 * @property {number[]} ports
 * @property {number[]} pids of the processes that do the work, in the order of the ports
 * @property {() => string | undefined} fault says of a process that ended unasked what it printed
 * @property {() => Promise<void>} stop ends them all; never rejects
 *
 * @typedef {object} Pod
 * @property {[string, string[]]} program
 * @property {Record<string, string>} [env]
 * @property {RegExp} listens
 */

const NGINX = '/usr/sbin/nginx';
const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';
const LISTENING = /^listening (\d+)$/m;
/**
 * Bytes that a chat message has beside what its sender wrote: `"type":"chat",` (14), `"id":"m_..."` of 26 characters
 * (36), `"from":` of a guest (56), `"ts":` (19), `"offset":` of five digits (15). The limits write as many, or they would
 * be limits of something else.
 */
const ENVELOPE_BYTES = 140;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The generator is one guest at one address: what bounds a guest would bound the benchmark. Growth is counted all the same. */
const NO_LIMITS = { RATE_LIMIT: '0', GROWTH_LIMIT_USER: String(2 ** 40), GROWTH_LIMIT_ADDRESS: String(2 ** 40) };

/** @type {Record<string, Candidate>} */
export const CANDIDATES = Object.fromEntries(
  [
    hubbub('hubbub', 'Hubbub', {}),
    hubbub('hubbub-no-history', 'Hubbub without history', { HISTORY_SIZE: '0' }),
    peer('ws', 'ws, a plain loop', 'plain', { core: true }),
    peer('socketio', 'Socket.IO', 'socketio', { core: true }),
    peer('socketio-redis', 'Socket.IO, Redis adapter', 'socketio', { adapter: 'redis' }),
    peer('socketio-redis-sharded', 'Socket.IO, sharded Redis adapter', 'socketio', { adapter: 'sharded' }),
    peer('socketio-redis-streams', 'Socket.IO, Redis streams adapter', 'socketio', { adapter: 'streams' }),
    peer('uws', 'uWebSockets.js', 'plain', { available: uwsAvailable, find: uwsEnvironment }),
    nchan(),
    limit('each', 'C, one write a frame'),
    limit('batch', 'C, batched writes'),
  ].map((candidate) => [candidate.name, candidate]),
);

function hubbub(name, label, env, main = here('../dist/app/main.js')) {
  const pod = {
    program: [process.execPath, [main]],
    env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', DRAIN_MS: '0', ...NO_LIMITS, ...env },
    listens: /"port":(\d+).*"msg":"listening"/,
  };
  const available = async () => (existsSync(main) ? undefined : 'dist is not built: npm run build');
  return { name, label, dialect: 'hubbub', core: true, available, start: (options) => startPods(label, pod, options) };
}

/** Hubbub as another checkout built it. @returns {Candidate} */
export function buildOf(label, main) {
  return hubbub('hubbub', label, {}, main);
}

function peer(name, label, dialect, { adapter, core = false, available = peersAvailable, find }) {
  const file = here(`peers/${adapter ? 'socketio' : name}.mjs`);
  const pod = {
    program: [process.execPath, [file]],
    env: { NODE_ENV: 'production', PORT: '0', ...(adapter && { ADAPTER: adapter }) },
    listens: LISTENING,
  };
  const start = async (options = {}) => {
    if (adapter && !options.redisUrl) throw new Error(`${label}: expected a redisUrl, got none`);
    if (!adapter && (options.pods ?? 1) > 1) throw new Error(`${label}: its processes share no rooms, start one`);
    return startPods(label, { ...pod, env: { ...pod.env, ...(await find?.()) } }, options);
  };
  return { name, label, dialect, core, available, start };
}

function limit(mode, label) {
  const start = async (options) => {
    const pod = {
      program: [await compile('limit'), ['--port', '0', '--mode', mode, '--envelope', `${ENVELOPE_BYTES}`]],
      listens: LISTENING,
    };
    return startPods(label, pod, options);
  };
  const missing = 'no C compiler: apt-get install gcc libc6-dev, or name one in CC';
  const available = async () =>
    compile('limit').then(
      (program) => (program ? undefined : missing),
      ({ message }) => message,
    );
  return { name: `limit-${mode}`, label, dialect: 'plain', core: false, available, start };
}

function nchan() {
  const available = async () =>
    existsSync(NCHAN) ? undefined : 'nchan is not there: apt-get install nginx-light libnginx-mod-nchan';
  return { name: 'nchan', label: 'nchan in nginx', dialect: 'nchan', core: false, available, start: startNchan };
}

async function peersAvailable() {
  return existsSync(here('node_modules/ws')) ? undefined : 'the peers are not installed: npm ci in bench/';
}

async function uwsAvailable() {
  const missing = await peersAvailable();
  return (
    missing ??
    uwsEnvironment().then(
      () => undefined,
      ({ message }) => message,
    )
  );
}

/** @returns {Promise<Running>} */
async function startPods(label, pod, { pods = 1, redisUrl, env, wrap } = {}) {
  if (pods > 1 && !redisUrl) throw new Error(`${label}: ${pods} pods need a redisUrl`);
  const all = { ...pod.env, ...(redisUrl && { REDIS_URL: redisUrl }), ...env };
  const program = wrap ? wrap(...pod.program) : pod.program;
  const starts = Array.from({ length: pods }, () => launch(label, program, { env: all, listens: pod.listens }));
  const settled = await Promise.allSettled(starts);
  const servers = settled.flatMap(({ value }) => value ?? []);
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    ports: servers.map(({ found }) => Number(found)),
    pids: servers.map(({ pid }) => pid),
    fault: () => servers.map((server) => server.fault()).find((fault) => fault !== undefined),
    stop,
  };
}

/** @returns {Promise<Running>} */
async function startNchan({ env = {}, wrap = (...program) => program } = {}) {
  const prefix = mkdtempSync(join(tmpdir(), 'hubbub-bench-nchan-'));
  const remove = () => rmSync(prefix, { recursive: true, force: true });
  process.once('exit', remove);
  const removed = () => {
    process.off('exit', remove);
    remove();
  };
  const port = await freePort();
  // Started by root, nginx would make its worker another user's process, which may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const words = { prefix, port, user, module: NCHAN };
  const text = readFileSync(here('peers/nginx.conf'), 'utf8').replace(/@(\w+)@/g, (_, word) => words[word]);
  const file = join(prefix, 'nginx.conf');
  writeFileSync(file, text);
  const program = wrap(NGINX, ['-p', prefix, '-c', file, '-e', 'stderr']);
  try {
    const { found, fault, stop } = await launch('nchan', program, {
      env,
      listens: /start worker process (\d+)/,
      orphaned: 'SIGTERM',
    });
    return { ports: [port], pids: [Number(found)], fault, stop: () => stop().then(removed) };
  } catch (error) {
    removed();
    throw error;
  }
}
