import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { TOKENS } from '../../../src/app/tokens.js';
import { createChat } from '../../../src/index.js';
import { SECRET, token } from '../../support/jwt.js';
import { podContainer, startContainer } from '../../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { RecordingLogger } from '../../support/test-pod.js';
import { listen } from '../http/raw.js';

const PATH = '/api/chat-api/ws';

async function statusOf(port: number, request: string): Promise<number> {
  const raw = await RawWebSocket.send(port, request);
  const { status } = await raw.response();
  raw.reset();
  return status;
}

/** Reasons and their counts, by kind. */
function countsOf({ lines }: RecordingLogger): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { event, fields } of lines) {
    if (event !== 'refusals') continue;
    const { kind, reasons } = fields as { kind: string; reasons: Record<string, number> };
    const known = (counts[kind] ??= {});
    for (const [reason, count] of Object.entries(reasons)) known[reason] = (known[reason] ?? 0) + count;
  }
  return counts;
}

it('a pod leaves a trace of what each of its doors refuses, the last ones when it stops, and of no token', async () => {
  const logger = new RecordingLogger();
  const container = podContainer({ AUTH_ENABLED: 'true', JWT_SECRET: SECRET, API_KEY: 'k'.repeat(32) });
  container.rebind(TOKENS.logger).toConstantValue(logger);
  const pod = await startContainer(container);
  const forged = await token({}, 'canary-of-a-secret-of-somebody-else');
  for (let n = 0; n < 3; n++) expect(await statusOf(pod.port, upgradeRequest(`${PATH}?token=${forged}`))).toBe(401);
  expect(await statusOf(pod.port, upgradeRequest(PATH, { 'Sec-WebSocket-Key': 'canary' }))).toBe(400);
  const users = `http://127.0.0.1:${pod.port}/api/chat-api/users/ada/disconnect`;
  for (const key of ['canary-1', 'canary-2']) {
    const { status } = await fetch(users, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    expect(status).toBe(401);
  }
  await pod.stop();
  expect(countsOf(logger)).toEqual({
    token: { signature: 3 },
    upgrade: { 'Sec-WebSocket-Key must be 16 bytes of base64': 1 },
    api_key: { 'wrong key': 2 },
  });
  const text = JSON.stringify(logger.lines);
  for (const secret of [...forged.split('.'), 'canary', SECRET]) expect(text).not.toContain(secret);
});

it('a chat of the library does the same', async () => {
  const logger = new RecordingLogger();
  const chat = createChat({ logger, auth: jwtAuth({ secret: SECRET }), authRequired: true });
  const server = createServer();
  onTestFinished(() => void server.close());
  chat.attach(server, { path: PATH });
  const port = await listen(server);
  await chat.ready;
  expect(await statusOf(port, upgradeRequest(PATH))).toBe(401);
  expect(await statusOf(port, upgradeRequest(PATH, {}, 'POST'))).toBe(400);
  await chat.close({ reconnectWithinMs: 0 });
  expect(Object.keys(countsOf(logger))).toEqual(['token', 'upgrade']);
});
