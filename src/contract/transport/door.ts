import assert from 'node:assert/strict';
import type { Admission } from '../../ports/chat-port.js';
import type { Refusal } from '../../ports/refusal.js';
import { batch } from './frames.js';
import type { HttpRefusal } from './harness.js';
import { WELCOME, admit } from './recorder.js';
import type { Stage, TransportCase } from './stage.js';

const HEADERS = { origin: 'https://chat.example', authorization: 'Bearer e30.e30.' };
const STATUSES = [400, 401, 403, 429, 503] as const;

/** How clients come in, or do not. */
export const doorCases: readonly TransportCase[] = [
  { name: 'passes the knock as it came', run: knockAsItCame },
  { name: 'passes the headers as they came', needs: 'headers', run: headersAsTheyCame },
  { name: 'passes the subprotocols in the order offered', needs: 'subprotocols', run: protocolsInOrder },
  { name: 'answers the subprotocol of the admission and no other', needs: 'subprotocols', run: admittedProtocol },
  { name: 'leaves out what the client did not bring', run: bareKnock },
  { name: 'answers a refusal with its status, code and message', run: refusals },
  { name: 'says when to come back where the refusal does', run: whenToComeBack },
  { name: 'lets nobody in before the answer', run: waitsForAnswer },
  { name: 'opens once for an admission, with that admission', run: opensOnce },
];

async function knockAsItCame(stage: Stage): Promise<void> {
  const query = [
    ['room', 'lobby'],
    ['name', 'Zoë + 😀 & co=1'],
    ['room', 'Größe/2'],
    ['token', 'a.b-c_d'],
    ['room', 'lobby'],
    ['empty', ''],
  ] as const;
  await stage.pair({ query });
  const [knock] = stage.chat.knocks;
  assert.ok(knock);
  assert.deepEqual(knock.query.getAll('room'), ['lobby', 'Größe/2', 'lobby']);
  assert.equal(knock.query.get('name'), 'Zoë + 😀 & co=1');
  assert.equal(knock.query.get('token'), 'a.b-c_d');
  assert.equal(knock.query.get('empty'), '');
  assert.equal(knock.query.get('session'), null);
  assert.deepEqual(knock.query.getAll('session'), []);
  assert.match(knock.address, /./u, 'the address of the client');
}

/** Whether it has a place for them. */
export async function takesHeaders(stage: Stage): Promise<boolean> {
  await stage.pair(HEADERS);
  const [knock] = stage.chat.knocks;
  return knock?.origin !== undefined && knock.authorization !== undefined && knock.host !== undefined;
}

async function headersAsTheyCame(stage: Stage): Promise<void> {
  await stage.pair(HEADERS);
  const [knock] = stage.chat.knocks;
  assert.ok(knock);
  assert.equal(knock.origin, HEADERS.origin);
  assert.equal(knock.authorization, HEADERS.authorization);
  assert.match(knock.host ?? '', /./u, 'the host that the client asked for');
}

/** Whether it knows them in both directions. */
export async function takesSubprotocols(stage: Stage): Promise<boolean> {
  stage.chat.reply = (knock) => ({ ...admit(knock), protocol: 'hubbub.v1' });
  const { client } = await stage.pair({ protocols: ['hubbub.v1'] });
  return client.protocol === 'hubbub.v1' && stage.chat.knocks[0]?.protocols[0] === 'hubbub.v1';
}

async function protocolsInOrder(stage: Stage): Promise<void> {
  stage.chat.reply = (knock) => ({ ...admit(knock), protocol: 'hubbub.v1' });
  await stage.pair({ protocols: ['zeta', 'hubbub.v1', 'bearer.e30.e30.sig', 'alpha'] });
  assert.deepEqual(stage.chat.knocks[0]?.protocols, ['zeta', 'hubbub.v1', 'bearer.e30.e30.sig', 'alpha']);
}

async function admittedProtocol(stage: Stage): Promise<void> {
  stage.chat.reply = (knock) => ({ ...admit(knock), protocol: 'hubbub.v1' });
  const { client } = await stage.pair({ protocols: ['bearer.secret', 'hubbub.v1'] });
  assert.equal(client.protocol, 'hubbub.v1');
  stage.chat.reply = admit;
  const plain = await stage.pair();
  assert.equal(plain.client.protocol, '');
}

async function bareKnock(stage: Stage): Promise<void> {
  await stage.pair();
  const [knock] = stage.chat.knocks;
  assert.ok(knock);
  assert.equal(knock.origin, undefined);
  assert.equal(knock.authorization, undefined);
  assert.equal(knock.query.get('room'), null);
  assert.deepEqual(knock.protocols, []);
}

async function refusals(stage: Stage): Promise<void> {
  for (const status of STATUSES) {
    await refuse(stage, { status, code: `code_${status}`, message: `no: ${status} "ö" 😀` });
  }
  assert.equal(stage.chat.sessions.length, 0, 'a refused client was opened');
}

async function whenToComeBack(stage: Stage): Promise<void> {
  await refuse(stage, { status: 503, code: 'full', message: 'full', retryAfter: 7 });
  await refuse(stage, { status: 429, code: 'many', message: 'too many' });
}

/** Refuses a client, which must be told all of it. */
async function refuse(stage: Stage, refusal: Refusal): Promise<void> {
  stage.chat.reply = () => refusal;
  const answer = await stage.knock();
  if (answer.kind !== 'refused') assert.fail(`a client refused with ${refusal.status} was let in`);
  if ('refusal' in answer) assert.deepEqual(answer.refusal, refusal);
  else checkHttp(answer, refusal);
}

function checkHttp(answer: HttpRefusal, { status, code, message, retryAfter }: Refusal): void {
  assert.equal(answer.status, status);
  assert.deepEqual(JSON.parse(answer.body), { error: { code, message } });
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/u);
  assert.equal(answer.headers['retry-after'], retryAfter?.toString());
}

async function waitsForAnswer(stage: Stage): Promise<void> {
  const answers: ((admission: Admission) => void)[] = [];
  stage.chat.reply = () => new Promise((resolve) => void answers.push(resolve));
  let settled = false;
  const first = stage.knock().finally(() => (settled = true));
  await stage.chat.until(() => stage.chat.knocks.length === 1, 'a knock');
  stage.chat.reply = admit;
  // Time enough for a hasty answer to the first.
  await stage.pair();
  assert.equal(settled, false, 'a client was let in before the answer');
  assert.equal(stage.chat.sessions.length, 1, 'a connection was opened before the answer');
  const [knock] = stage.chat.knocks;
  assert.ok(knock);
  answers[0]?.(admit(knock));
  const client = await first;
  assert.equal(client.kind, 'connected');
  assert.equal(await stage.next(client), WELCOME);
}

async function opensOnce(stage: Stage): Promise<void> {
  const admissions: Admission[] = [];
  stage.chat.reply = (knock) => {
    const admission = admit(knock);
    admissions.push(admission);
    return admission;
  };
  const pairs = [await stage.pair(), await stage.pair(), await stage.pair()];
  for (const pair of pairs) {
    await stage.roundTrip(pair, 'hello', () => pair.session.connection.send(batch('{}')));
  }
  assert.equal(stage.chat.sessions.length, 3);
  for (const [index, session] of stage.chat.sessions.entries()) assert.equal(session.admission, admissions[index]);
}
