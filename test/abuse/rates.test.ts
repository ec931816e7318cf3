import { describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod, type AbusedPod } from '../support/abuse/abused-pod.js';
import { all, each, PATIENCE_MS, scaled, within } from '../support/abuse/scale.js';
import { answerTo, faultOfAnswer } from '../support/abuse/upgrade-attacker.js';
import { ChatClient, type ChatFrame, type ChatRequest } from '../support/chat-client.js';
import { upgradeRequest } from '../support/raw-websocket.js';

const PATH = '/api/chat-api/ws?name=Mallory';
const SESSION = 'canary-session-mallory-';
/** So many refusals in ten seconds end a connection. */
const ERRORS_MAX = 1000;

/** How many of something may have passed by now: so many at once, and so many a second since. */
function most(burst: number, perSecond: number, since: number): number {
  return burst + Math.ceil((perSecond * (performance.now() - since)) / 1000);
}

async function connect(
  pod: AbusedPod,
  query: Record<string, string>,
  rooms: readonly string[] = [],
): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { query, rooms });
  onTestFinished(() => client.kill());
  return client;
}

/** Each refusal says when to come back. */
function expectToldWhen(refused: readonly ChatFrame[]): void {
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map(({ data }) => `${data.code} ${String(data['retryable'])}`))).toEqual(
    new Set(['rate_limited true']),
  );
  for (const { data } of refused) {
    expect(Number.isSafeInteger(data['retryAfterMs'])).toBe(true);
    expect(data['retryAfterMs']).toBeGreaterThan(0);
  }
}

describe('who sends more than one may', () => {
  // Frames are many enough not to be what is short; the other rates are as they come.
  const pod = abusedPod({ env: { RATE_LIMIT: '1000' }, buffers: 16 });

  interface Flood {
    readonly frame: (n: number) => ChatRequest;
    readonly burst: number;
    readonly perSecond: number;
    /** Rooms that it is in from the start. */
    readonly rooms: readonly string[];
    /** Whether an ack is one of what is counted. @default all are */
    readonly counts?: (re: string) => boolean;
  }
  const LONG = 'x'.repeat(8000);
  const bytes = { burst: 2 ** 20 / LONG.length, perSecond: 2 ** 17 / LONG.length };
  const floods: readonly (readonly [name: string, flood: Flood])[] = [
    ['bytes', { frame: () => ({ room: 'den', data: LONG }), ...bytes, rooms: ['den'] }],
    ['messages to all', { frame: (n) => ({ data: `canary-all-${n}` }), burst: 20, perSecond: 5, rooms: [] }],
    ['new rooms', { frame: joinOrLeave, burst: 200, perSecond: 20, rooms: [], counts: isJoin }],
  ];

  it.each(floods)(
    '%s: told when to come back, and in the end sent away',
    async (name, flood) => {
      // Who is refused is not read for a while, so each takes its time: they go side by side.
      await each(scaled(1, 20), 5, async () => {
        const client = await connect(pod, { name: 'Mallory' }, flood.rooms);
        const since = performance.now();
        const sent = Math.ceil(flood.burst) + 3 * ERRORS_MAX;
        for (let n = 0; n < sent; n += 1) {
          const frame = flood.frame(n);
          if (frame.room === undefined) pod.crowd.said.add(undefined, frame.data);
          client.send({ ...frame, id: `${name} ${n}` });
        }
        expect((await within(client.closed, 'the end')).code).toBe(1008);
        const limited = client.ofType('error').filter(({ data }) => data.code === 'rate_limited');
        expectToldWhen(limited);
        // To leave where it could not come in is an error too. Long frames count for several.
        if (name === 'bytes') expect(limited.length).toBeLessThan(ERRORS_MAX / 4);
        else expect(client.ofType('error').length).toBeGreaterThan(ERRORS_MAX);
        // Two windows of ten seconds, where it takes long to come.
        expect(client.ofType('error').length).toBeLessThanOrEqual(2 * ERRORS_MAX + 1);
        const counted = client.ofType('ack').filter(({ re }) => re !== undefined && (flood.counts ?? (() => true))(re));
        expect(counted.length).toBeGreaterThanOrEqual(Math.floor(flood.burst));
        expect(counted.length).toBeLessThanOrEqual(most(flood.burst, flood.perSecond, since));
        pod.tried(`${name} above the rate`, sent);
      });
    },
    PATIENCE_MS,
  );

  it(
    'by frames of 64 KiB on one connection: held to twice its rate by TCP',
    async () => {
      const client = await connect(pod, { name: 'Mallory' }, ['den']);
      const answers = (): ChatFrame[] => client.frames.filter(({ re }) => re !== undefined);
      const since = performance.now();
      for (let n = 0; n < 300; n += 1) client.send({ room: 'den', data: 'x'.repeat(65_000), id: `${n}` });
      const wanted = scaled(40, 200);
      await client.until(() => answers().length >= wanted, 'answers', 1000 * wanted);
      // One passes and one is refused each half second; one or two may be on their way.
      expect(answers().length).toBeLessThanOrEqual(most(16 + 4, 4, since));
      expectToldWhen(client.ofType('error'));
      expect(client.isOpen).toBe(true);
      pod.tried('bytes above the rate', wanted);
    },
    PATIENCE_MS,
  );

  it('and comes back when told: is let through', async () => {
    const client = await connect(pod, { name: 'Mallory' });
    let refused: ChatFrame | undefined;
    for (let n = 0; refused === undefined; n += 1) {
      const answer = await toAll(client, pod, `canary-early-${n}`);
      if (answer.type === 'error') refused = answer;
    }
    expectToldWhen([refused]);
    await new Promise((resolve) => setTimeout(resolve, Number(refused?.data['retryAfterMs'])));
    expect((await toAll(client, pod, 'canary-in-time')).type).toBe('ack');
    pod.tried('messages to all above the rate', 22);
  });

  it('by many connections of one user: five times one connection, whatever their number', async () => {
    const clients: ChatClient[] = [];
    for (let n = 0; n < 25; n += 1) clients.push(await connect(pod, { name: `Mallory ${n}`, session: SESSION }));
    const since = performance.now();
    for (const [n, client] of clients.entries()) {
      for (let m = 0; m < 40; m += 1) {
        pod.crowd.said.add(undefined, `canary-together-${n}-${m}`);
        client.send({ data: `canary-together-${n}-${m}`, id: `together ${n} ${m}` });
      }
    }
    const answers = (client: ChatClient) => client.frames.filter(({ re }) => re !== undefined);
    for (const client of clients) await client.until(() => answers(client).length === 40, 'all answers');
    const passed = clients.flatMap(answers).filter(({ type }) => type === 'ack').length;
    expect(passed).toBeGreaterThanOrEqual(5 * 20);
    expect(passed).toBeLessThanOrEqual(most(5 * 20, 5 * 5, since));
    expectToldWhen(clients.flatMap((client) => client.ofType('error')));
    // Nobody else pays for it.
    const other = await connect(pod, { name: 'Eve' });
    expect((await toAll(other, pod, 'canary-of-another')).type).toBe('ack');
    pod.tried('messages by many connections of one user', 25 * 40);
  });

  it('by one connection after the other of one user: what was used stays used', async () => {
    const session = `${SESSION}again`;
    const since = performance.now();
    let passed = 0;
    for (let n = 0; n < 15; n += 1) {
      const client = await connect(pod, { session });
      for (let m = 0; m < 20; m += 1) {
        pod.crowd.said.add(undefined, `canary-anew-${n}-${m}`);
        client.send({ data: `canary-anew-${n}-${m}`, id: `anew ${n} ${m}` });
      }
      const answers = () => client.frames.filter(({ re }) => re !== undefined);
      await client.until(() => answers().length === 20, 'all answers');
      passed += answers().filter(({ type }) => type === 'ack').length;
      await client.close();
    }
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThanOrEqual(most(100, 25, since));
    pod.tried('messages by many connections of one user', 15 * 20);
  });
});

/** Joins and leaves, so that it is never in too many rooms. */
function joinOrLeave(n: number): ChatRequest {
  return { type: n % 2 ? 'leave' : 'join', room: `new-${n >> 1}` };
}

function isJoin(re: string): boolean {
  return Number(re.split(' ').at(-1)) % 2 === 0;
}

function toAll(client: ChatClient, pod: AbusedPod, data: string): Promise<ChatFrame> {
  pod.crowd.said.add(undefined, data);
  return client.request({ data });
}

interface Door {
  opened: number;
  refused: number;
}

/** Knocks, and counts what came of it. */
async function knock(pod: AbusedPod, forwarded: string | undefined, door: Door): Promise<void> {
  const answer = await answerTo(pod.port, upgradeRequest(PATH, { 'X-Forwarded-For': forwarded }));
  const status = answer.slice(9, 12);
  if (status === '101') return void (door.opened += 1);
  door.refused += 1;
  expect(status, answer).toBe('429');
  expect(faultOfAnswer(answer)).toBeUndefined();
  expect(Number(/^retry-after: (\d+)\r$/im.exec(answer)?.[1])).toBeGreaterThan(0);
  expect(answer).toContain('"code":"rate_limited"');
}

/** Another address each time. */
const address = (n: number): string => `198.51.${(n >> 8) & 255}.${n & 255}`;

const lies: readonly (readonly [name: string, forwarded: (n: number) => string | undefined])[] = [
  ['that says nothing', () => undefined],
  ['that claims another address each time', address],
  ['that claims a chain of them', (n) => `${address(n)}, ${address(n + 1)}, 127.0.0.1`],
  ['that claims addresses of IPv6', (n) => `2001:db8:${n.toString(16)}::1`],
  ['that claims nonsense', (n) => `canary-${n}, [::, ${'1'.repeat(n % 3000)}`],
];

describe('a flood of upgrades', () => {
  const [perSecond, burst] = [5, 50];
  // Its crowd comes from the same address, and is inside.
  const pod = abusedPod({ env: { UPGRADE_RATE: `${perSecond}` } });
  const since = performance.now();
  const door: Door = { opened: 0, refused: 0 };

  it.each(lies)('by somebody %s: as if it had said nothing', async (_name, forwarded) => {
    const count = scaled(300, 5000);
    await each(count, 8, (n) => knock(pod, forwarded(n), door));
    expect(door.opened).toBeLessThanOrEqual(most(burst, perSecond, since));
    expect(door.refused).toBeGreaterThan(0);
    pod.tried('upgrades above the rate', count);
  });
});

describe('a flood of upgrades through a proxy that is trusted', () => {
  const [perSecond, burst] = [1, 10];
  const pod = abusedPod({ env: { UPGRADE_RATE: `${perSecond}`, TRUSTED_PROXIES: '127.0.0.1' } });

  it(
    'each address has a rate of its own, whatever it says to come from',
    async () => {
      const addresses = ['203.0.113.1', '203.0.113.2', '::ffff:203.0.113.3', '2001:db8::1', '[2001:db8:1::9]:443'];
      const flood = async (own: string): Promise<void> => {
        const since = performance.now();
        const door: Door = { opened: 0, refused: 0 };
        const count = scaled(100, 2000);
        // What stands before the address that the proxy has seen is the client's own invention.
        await each(count, 4, (n) => knock(pod, n % 2 ? `${address(n)}, ${own}` : own, door));
        expect(door.opened, own).toBeGreaterThanOrEqual(burst);
        expect(door.opened, own).toBeLessThanOrEqual(most(burst, perSecond, since));
        pod.tried('upgrades above the rate', count);
      };
      await all(addresses.map(flood));
      const others: Door = { opened: 0, refused: 0 };
      await each(scaled(200, 5000), 8, (n) => knock(pod, address(n), others));
      expect(others.refused).toBe(0);
    },
    PATIENCE_MS,
  );

  it('who has one address of IPv6 has its whole network, and is one all the same', async () => {
    const since = performance.now();
    const door: Door = { opened: 0, refused: 0 };
    await each(100, 8, (n) => knock(pod, `2001:db8:ff:ff:${n.toString(16)}::1`, door));
    expect(door.opened).toBeLessThanOrEqual(most(burst, perSecond, since));
    pod.tried('upgrades above the rate', 100);
  });
});
