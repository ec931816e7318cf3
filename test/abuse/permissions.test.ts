import { describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { HOME } from '../support/abuse/crowd.js';
import { TWINS } from '../support/abuse/json-texts.js';
import { DEADLINE_MS, PATIENCE_MS, scaled, within } from '../support/abuse/scale.js';
import { ChatClient, type ChatFrame, type ChatRequest } from '../support/chat-client.js';
import { SECRET, token } from '../support/jwt.js';
import { frame, RawWebSocket, TEXT } from '../support/raw-websocket.js';
import { UNLIMITED } from '../support/unlimited.js';

const proofs = new Map(
  await Promise.all(
    ['Ada', 'Grace', 'Alan'].map(async (name) => [name, await token({ sub: name.toLowerCase(), name })] as const),
  ),
);
const narrow = await token({ sub: 'mallory', chat: { join: ['team-*', 'lobby'], publish: ['lobby'], global: false } });
const friend = await token({ sub: 'bob', name: 'Bob' });

const pod = abusedPod({
  env: { AUTH_ENABLED: 'true', JWT_SECRET: SECRET, ...UNLIMITED },
  proof: (name) => ({ token: proofs.get(name) ?? '' }),
});

/** Somebody is in the first three, and somebody was in the fourth. */
const PEOPLED = [HOME, 'another-home', 'vault', 'left'];
const EMPTY = ['never', 'home2', 'constructor', 'toString', 'hasOwnProperty'];
/** Nearly what the token names, by case, by width, by another script, by what can't be seen. */
const NEARLY = [
  'lobby2',
  'Lobby',
  'LOBBY',
  'lobb\u0443',
  '\uff4cobby',
  'l\u043ebby',
  'lobby:a',
  'team',
  'Team-a',
].concat([
  'TEAM-a',
  'te\u0430m-a',
  'tea\uff4d-a',
  'team_a',
  'team.a',
  'team:a',
  'xteam-a',
  'lobb\u0443\u0301',
  '1team-a',
  'lobby-',
  'te',
]);
/** What a pattern, a path or a channel would be, and no room is. */
const NAMELESS = [
  '*',
  'team-*',
  'lob*',
  '?',
  '[a-z]',
  'home\u0000',
  'lobby ',
  ' lobby',
  'team\u20101',
  'lobby\u200b',
].concat([
  'lobby\n',
  '../home',
  'team-/../home',
  'realtime room',
  '',
  'e\u0301',
  'team-e\u0301',

  '\u202elobby',
]);
const ROOMS = [...PEOPLED, ...EMPTY, ...NEARLY, ...NAMELESS, ...TWINS];

async function connect(text: string, rooms: readonly string[] = []): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { query: { token: text }, rooms });
  onTestFinished(() => client.kill());
  return client;
}

/** A room with somebody in it, who says where its log stands. */
async function vault(): Promise<{ readonly bob: ChatClient; readonly epoch: string }> {
  const bob = await connect(friend, ['vault']);
  const { epoch = '' } = await bob.say('canary-of-the-vault', 'vault');
  await bob.request({ type: 'join', room: 'left' });
  await bob.say('canary-of-a-room-that-was-left', 'left');
  await bob.request({ type: 'leave', room: 'left' });
  return { bob, epoch };
}

/** Everything that can be tried with a room. */
const attempts = (room: string, epoch: string): readonly ChatRequest[] => [
  { type: 'join', room },
  { type: 'join', room, data: { since: { epoch, offset: 0 } } },
  { type: 'join', room, data: { since: { epoch: 'x', offset: 9 } } },
  { room, data: 'canary-let-me-in' },
  { type: 'poll', room, data: { number: 1 } },
  { type: 'history', room },
  { type: 'history', room, data: { after: 0, limit: 100 } },
];

/** What an answer says, but for whom it answers. */
const words = ({ type, data }: ChatFrame): string => JSON.stringify([type, data]);

describe('somebody with a token for a few rooms', () => {
  it(
    'gets nowhere else, and can not tell whether anybody is there',
    async () => {
      const { epoch } = await vault();
      for (let round = 0; round < scaled(6, 300); round += 1) {
        const mallory = await connect(narrow, ['lobby', 'team-a']);
        const answers = await answersTo(
          mallory,
          ROOMS.flatMap((room) => attempts(room, epoch)),
        );
        const codes = answers.map(({ data }) => data.code);
        const perRoom = attempts('', '').length;
        for (const [n, room] of ROOMS.entries()) {
          const lawful = NAMELESS.includes(room)
            ? ['room_name']
            : TWINS.includes(room)
              ? ['forbidden', 'room_name']
              : ['forbidden'];
          expect(lawful, JSON.stringify(room)).toEqual(
            expect.arrayContaining(codes.slice(n * perRoom, (n + 1) * perRoom)),
          );
        }
        // In the same words, whoever is in the room.
        expect(new Set(answers.filter(({ data }) => data.code === 'forbidden').map(words)).size).toBe(1);
        expect(mallory.frames.filter(({ room }) => room !== undefined)).toEqual([]);
        expect(JSON.stringify(mallory.frames)).not.toContain('canary-');
        await mallory.close();
        pod.tried('forbidden requests', answers.length);
      }
    },
    PATIENCE_MS,
  );

  it('asks for rooms at the door: errors behind the welcome, and nothing of them comes', async () => {
    const { bob } = await vault();
    // The last one is allowed: its ack comes behind all answers.
    const query = [...ROOMS, 'lobby'].map((room) => `&room=${escaped(room)}`).join('');
    for (let round = 0; round < scaled(10, 500); round += 1) {
      const raw = await RawWebSocket.open(pod.port, `/api/chat-api/ws?token=${narrow}${query}`);
      onTestFinished(() => raw.reset());
      const told = await framesUpTo(raw, 'ack');
      expect(told.shift()?.type).toBe('welcome');
      expect(told.pop()?.data['room']).toBe('lobby');
      expect(told.map(({ type, re }) => [type, re])).toEqual(ROOMS.map(() => ['error', undefined]));
      const codes = told.map(({ data }) => String(data.code));
      expect(codes.slice(0, PEOPLED.length)).toEqual(PEOPLED.map(() => 'forbidden'));
      expect(new Set(codes)).toEqual(new Set(['forbidden', 'room_name']));
      await bob.say('canary-still-alone', 'vault');
      raw.write(frame({ opcode: TEXT, payload: '{"type":"ping"}' }));
      expect(await framesUpTo(raw, 'pong')).toHaveLength(1);
      raw.reset();
      pod.tried('forbidden rooms at the door', ROOMS.length);
    }
  });

  it('publishes where it may only listen, and to all: forbidden, and nobody hears it', async () => {
    const bob = await connect(friend, ['team-a', 'lobby']);
    const requests = Array.from({ length: 800 }, (_, n) => (n % 2 ? { room: 'team-a', data: n } : { data: n }));
    for (let round = 0; round < scaled(2, 50); round += 1) {
      const mallory = await connect(narrow, ['team-a', 'lobby']);
      const answers = await answersTo(mallory, requests);
      expect(new Set(answers.map(({ data }) => data.code))).toEqual(new Set(['forbidden']));
      await mallory.say(`sentinel ${round}`, 'lobby');
      await bob.hears(`sentinel ${round}`, 'lobby');
      expect([bob.messages('team-a'), bob.messages()]).toEqual([[], []]);
      await mallory.close();
      pod.tried('forbidden requests', requests.length);
    }
  });

  it('renews by a token for less, and is out of what that does not name; by one for more, and is in', async () => {
    const bob = await connect(friend, ['team-a']);
    for (let round = 0; round < scaled(20, 500); round += 1) {
      const mallory = await connect(narrow, ['team-a']);
      const renew = async (chat: object) =>
        (await mallory.request({ type: 'auth', data: { token: await token({ sub: 'mallory', chat }) } })).type;
      expect(await renew({ join: ['team-b'], publish: ['team-b'] })).toBe('ack');
      const { offset = 0 } = await bob.say('canary-of-the-team', 'team-a');
      const tries = attempts('team-a', '').map((request) => mallory.request(request));
      expect(new Set((await Promise.all(tries)).map(({ data }) => data.code))).toEqual(new Set(['forbidden']));
      expect(mallory.messages('team-a')).toEqual([]);
      expect(await renew({ join: ['team-*'], publish: [] })).toBe('ack');
      expect((await mallory.request({ type: 'join', room: 'team-a' })).data.offset).toBe(offset);
      await mallory.close();
      pod.tried('forbidden requests', tries.length);
    }
  });
});

/** Sends all at once; everything is answered in order. */
async function answersTo(client: ChatClient, requests: readonly ChatRequest[]): Promise<readonly ChatFrame[]> {
  const answers: ChatFrame[] = [];
  // Errors that come faster than that end the connection.
  for (let at = 0; at < requests.length; at += 400) {
    const seen = client.frames.length;
    const some = requests.slice(at, at + 400);
    for (const [n, request] of some.entries()) client.sendText(JSON.stringify({ ...request, id: `${n}` }));
    const find = () => client.frames.slice(seen).filter(({ re }) => re !== undefined);
    await client.until(() => find().length >= some.length, 'all answers', DEADLINE_MS);
    expect(find().map(({ re }) => re)).toEqual(some.map((_, n) => `${n}`));
    answers.push(...find());
  }
  return answers;
}

/** Everything that comes up to a frame of this type, and it. */
async function framesUpTo(raw: RawWebSocket, type: string): Promise<ChatFrame[]> {
  const frames: ChatFrame[] = [];
  while (frames.at(-1)?.type !== type) frames.push(JSON.parse(await within(raw.text(), type)) as ChatFrame);
  return frames;
}

function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
