import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { sharedRedis } from '../support/shared-redis.js';

const CANARIES = {
  content: 'canary-of-a-message',
  queryToken: 'canary-of-a-query-token',
  headerToken: 'canary-of-a-header-token',
  protocolToken: 'canary-of-a-protocol-token',
  session: 'canary-of-a-guest-session',
  bad: 'canary-of-a-bad-frame',
  refused: 'canary-of-a-refused-session!',
  room: 'canary.room',
};

/** Everything that a log could come to speak of, good and bad. */
async function chat(port: number): Promise<void> {
  const { content, queryToken, headerToken, protocolToken, session, bad, refused, room } = CANARIES;
  const ada = await connectClient(port, {
    rooms: [room],
    query: { token: queryToken, session, name: 'Ada' },
    headers: { authorization: `Bearer ${headerToken}` },
    protocols: ['hubbub.v1', `bearer.${protocolToken}`],
  });
  for (let n = 0; n < 20; n++) await ada.say(`${content} ${n}`, room);
  await ada.say(content);
  ada.sendText(`{${bad}`);
  await ada.request({ type: bad, data: bad });
  await ada.request({ type: 'join', room: `${bad} ${bad}` });
  await ada.request({ type: 'auth', data: { token: queryToken } });
  const raw = await RawWebSocket.send(port, upgradeRequest(`/api/chat-api/ws?session=${refused}&token=${queryToken}`));
  expect((await raw.response()).status).toBe(400);
  raw.reset();
  const garbage = await RawWebSocket.send(port, `GET /${bad} HTTP/1.1\r\n${queryToken}\r\n\r\n`);
  await garbage.ended();
  await fetch(`http://127.0.0.1:${port}/?token=${queryToken}`);
  await ada.close();
}

it.each(['info', 'debug'])(
  'the log at %s has lifecycle events alone, and nothing that is private',
  async (LOG_LEVEL) => {
    const { url, prefix } = sharedRedis();
    const pod = await PodProcess.start({ LOG_LEVEL, REDIS_URL: url, REDIS_PREFIX: prefix });
    onTestFinished(async () => void (await pod.stop()));
    await chat(pod.port);
    if (LOG_LEVEL === 'debug') await pod.logged('disconnected');
    await pod.stop();

    const log = pod.stdout + pod.stderr;
    for (const canary of Object.values(CANARIES)) expect(log).not.toContain(canary);
    const perConnection = LOG_LEVEL === 'debug' ? ['connected', 'disconnected'] : [];
    const events = pod.lines.map(({ msg }) => msg);
    // How often refusals are reported depends on the time; the Redis of the tests saves nothing.
    const traces: readonly string[] = ['refused', 'refusals'];
    const refusals = events.filter((event) => traces.includes(event));
    expect(new Set(refusals)).toEqual(new Set(LOG_LEVEL === 'debug' ? traces : ['refusals']));
    expect(events.filter((event) => !traces.includes(event))).toEqual([
      'starting',
      'redis may lose messages',
      'redis connected',
      'listening',
      ...perConnection,
      'stopping',
      'stopped',
    ]);
    for (const line of pod.lines.filter(({ msg }) => msg !== 'redis may lose messages')) {
      expect(line).toMatchObject({ level: expect.stringMatching(/^(info|debug)$/), time: expect.stringMatching(/Z$/) });
    }
    expect(pod.stderr).toBe('');
  },
);

it('a Redis that is away does not fill the log, and its password is not told', async () => {
  const pod = await PodProcess.start({ REDIS_URL: 'redis://:canary-of-a-password@127.0.0.1:1' });
  await pod.stop();
  expect(pod.stdout + pod.stderr).not.toContain('canary');
  // Several tries were made.
  expect(pod.lines.filter(({ msg }) => msg.includes('redis')).length).toBeLessThanOrEqual(1);
});

it('what Redis repeats of a command that it does not know is not told', async () => {
  // As Redis answers to a command that was renamed away: with what it was given.
  const redis = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (const command of bytes
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        const [name, ...args] = [...command.matchAll(/^\$\d+\r\n(.*)\r\n/gm)].map(([, part]) => `'${part}'`);
        socket.write(`-ERR unknown command ${name}, with args beginning with: ${args.join(' ')}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void redis.close());
  await once(redis, 'listening');
  const { port } = redis.address() as AddressInfo;
  const pod = await PodProcess.start({ REDIS_URL: `redis://:canary-of-a-password@127.0.0.1:${port}` });
  await pod.logged('redis is away');
  await pod.stop();
  expect(pod.stdout).toContain("unknown command 'auth'");
  expect(pod.stdout + pod.stderr).not.toContain('canary');
});
