import assert from 'node:assert/strict';
import { batch, numbered, range } from './frames.js';
import { crowd } from './sending.js';
import type { Pair, Stage, TransportCase } from './stage.js';

const ROUNDS = 60;

/** What clients do to each other: nothing. */
export const companyCases: readonly TransportCase[] = [
  { name: 'tells each session only what its own client said', run: ownTexts },
  {
    name: 'lets no faulty client disturb the others',
    settings: { sendBufferBytes: 1_048_576 },
    run: faultyCompany,
  },
];

async function ownTexts(stage: Stage): Promise<void> {
  const pairs = await crowd(stage, 5);
  for (const n of range(1, 30)) {
    for (const [index, { client }] of pairs.entries()) client.send(`{"from":${index},"n":${n}}`);
  }
  for (const [index, { session }] of pairs.entries()) {
    await stage.chat.until(() => session.texts.length >= 30, 'all texts of each client');
    assert.deepEqual(
      session.texts,
      range(1, 30).map((n) => `{"from":${index},"n":${n}}`),
    );
  }
}

async function faultyCompany(stage: Stage): Promise<void> {
  const [good, deaf, dying, leaving, shouting, kicked] = await crowd(stage, 6);
  assert.ok(good && deaf && dying && leaving && shouting && kicked);
  const all = [good, deaf, dying, leaving, shouting, kicked];
  deaf.client.pauseReading();
  const faults: Record<number, () => void> = {
    5: () => dying.client.kill(),
    10: () => leaving.client.close(),
    15: () => shouting.client.send('x'.repeat(stage.settings.messageBytes + 1)),
    20: () => kicked.session.connection.close(4403, 'kicked'),
    25: () => flood(deaf),
  };
  for (const n of range(1, ROUNDS)) {
    faults[n]?.();
    const shared = batch(numbered(n, 2000));
    for (const { session } of all) session.connection.send(shared);
    good.client.send(numbered(n));
    assert.equal(await stage.next(good.client), numbered(n, 2000));
  }
  for (const { session } of [dying, leaving, shouting, kicked]) await stage.gone(session);
  await stage.chat.until(() => good.session.texts.length === ROUNDS, 'every text of the good client');
  assert.deepEqual(
    good.session.texts,
    range(1, ROUNDS).map((n) => numbered(n)),
  );
  assert.equal(good.session.closes, 0, 'the good client was closed');
}

/** Sends a client that does not read more than the hard limit. */
function flood({ session }: Pair): void {
  for (const n of range(1, 1024)) session.connection.send(batch(numbered(n, 16_384)));
}
