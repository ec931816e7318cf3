import assert from 'node:assert/strict';
import { batch, numbered, range, textOfBytes } from './frames.js';
import type { Stage, TransportCase } from './stage.js';

/** What clients say. */
export const receivingCases: readonly TransportCase[] = [
  { name: 'receives texts in the order sent', run: inOrder },
  { name: 'receives texts intact, whatever is in them', run: intact },
  { name: 'takes a text of just the limit', run: atTheLimit },
  { name: 'closes with 1009 at one byte above the limit', run: aboveTheLimit },
  { name: 'counts the limit in bytes, not characters', run: limitInBytes },
  { name: 'keeps the order of answers given while receiving', run: answersInOrder },
];

async function inOrder(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const texts = range(1, 500).map((n) => numbered(n, n % 7 === 0 ? 3000 : 0));
  for (const text of texts) client.send(text);
  await stage.chat.until(() => session.texts.length >= texts.length, '500 texts');
  assert.deepEqual(session.texts, texts);
}

async function intact(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const texts = [
    '{}',
    '',
    ' \t\r\n{"a" : 1}\n ',
    '{"data":"\\u0000\\u2028\u2028 \u{10ffff}"}',
    '\ufeff{"bom":true}',
    'not JSON at all: ä€😀',
    'e\u0301 is not é',
    textOfBytes(65_536),
    '{"end":true}',
  ];
  for (const text of texts) client.send(text);
  await stage.chat.until(() => session.texts.length >= texts.length, `${texts.length} texts`);
  assert.deepEqual(session.texts, texts);
}

async function atTheLimit(stage: Stage): Promise<void> {
  const pair = await stage.pair();
  const text = textOfBytes(stage.settings.messageBytes);
  await stage.roundTrip(pair, text, () => pair.session.connection.send(batch('{"n":1}')));
  assert.deepEqual(pair.session.texts, [text]);
}

async function aboveTheLimit(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.send('{"n":1}');
  client.send('x'.repeat(stage.settings.messageBytes + 1));
  client.send('{"n":2}');
  const { code } = await stage.ended(client);
  assert.equal(code, 1009);
  await stage.gone(session);
  assert.deepEqual(session.texts, ['{"n":1}']);
}

async function limitInBytes(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.send('€'.repeat(Math.floor(stage.settings.messageBytes / 3) + 1));
  const { code } = await stage.ended(client);
  assert.equal(code, 1009);
  await stage.gone(session);
  assert.deepEqual(session.texts, []);
}

async function answersInOrder(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.onReceived = (text) => session.connection.send(batch(text));
  const texts = range(1, 300).map((n) => numbered(n));
  for (const text of texts) client.send(text);
  assert.deepEqual(await stage.take(client, texts.length), texts);
}
