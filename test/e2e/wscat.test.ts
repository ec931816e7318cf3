import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { chatUrl, type ChatFrame } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { PodProcess } from '../support/pod-process.js';
import { sharedRedis } from '../support/shared-redis.js';

const WSCAT = fileURLToPath(new URL('../../node_modules/.bin/wscat', import.meta.url));

/** A terminal with wscat in it. */
function wscat(url: string) {
  const child = spawn(process.execPath, [WSCAT, '-c', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  onTestFinished(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  return {
    type: (line: string) => void child.stdin.write(`${line}\n`),
    frames: (): ChatFrame[] => (screen.match(/\{.*\}/g) ?? []).map((line) => JSON.parse(line) as ChatFrame),
  };
}

async function startPod(env: Record<string, string>): Promise<PodProcess> {
  const pod = await PodProcess.start(env);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

it.each([
  ['one pod', 1],
  ['two pods over Redis', 2],
])('two people with wscat chat through %s', async (_, count) => {
  const { url, prefix } = sharedRedis();
  const one = await startPod(count === 1 ? {} : { REDIS_URL: url, REDIS_PREFIX: prefix });
  const two = count === 1 ? one : await startPod({ REDIS_URL: url, REDIS_PREFIX: prefix });
  const [ada, grace] = [wscat(chatUrl(one.port)), wscat(chatUrl(two.port))];
  for (const { frames } of [ada, grace]) await eventually(() => frames().map(({ type }) => type), ['welcome']);

  ada.type('{"type":"chat","data":{"content":"Hello!"}}');
  await eventually(
    () => grace.frames().map(({ type, data }) => [type, data.content]),
    [
      ['welcome', undefined],
      ['chat', 'Hello!'],
    ],
  );
  grace.type('{"type":"chat","data":{"content":"Hi!"}}');
  await eventually(() => ada.frames().at(-1)?.data.content, 'Hi!');
  await eventually(() => grace.frames().length, 3);
  expect(ada.frames().slice(1)).toEqual(grace.frames().slice(1));
  expect(ada.frames()[1]).toMatchObject({ from: ada.frames()[0]?.data['user'], offset: 1 });
});
