import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { token } from '../jwt.js';
import { Attacker, type AttackerOptions } from './worst-attackers.js';
import { Stage, type Broker, type Sample } from './worst-stage.js';

const MIB = 2 ** 20;
/** Redis ends no further above where it began. */
const REDIS_GROWTH_MAX = 128 * MIB;
const SAMPLE_MS = 1000;
const PROGRESS_MS = 10_000;
/** The attackers publish it to everybody. */
const TO_ALL = 'worst-'.padEnd(65_000, 'x');

type Who = Pick<AttackerOptions, 'who' | 'from' | 'slots' | 'playMs' | 'session' | 'token' | 'roles'>;

// 50 connections are what one user may have. All guests share one address and what it may store. The crowd comes from
// 127.0.0.1, so nobody uses up a limit of its address.
const GUEST: Who = {
  who: 'guest',
  from: '127.0.0.2',
  slots: 50,
  playMs: 8000,
  session: 'the-session-of-the-worst-guest',
};
const USER: Who = { who: 'user', from: '127.0.0.3', slots: 50, playMs: 8000, token: await token({ sub: 'mallory' }) };
const FRESH_GUESTS: Who = { who: 'fresh', from: '127.0.0.2', slots: 200, playMs: 2000 };

export interface Siege {
  readonly seconds: number;
  /** MiB that a pod never exceeds. */
  readonly podMax: number;
}

export const BROKERS: readonly Broker[] = ['Redis', 'memory'];

/**
 * One guest, one user with a token, and 200 guests that keep coming anew do the worst that default settings allow, while
 * a crowd chats. The crowd loses nothing, no pod ever exceeds its limit, and Redis grows by less than 128 MiB.
 */
export async function endureTheWorst(broker: Broker, siege: Siege): Promise<void> {
  const { seconds } = siege;
  const stage = await Stage.build(broker);
  for (const crowd of stage.crowds) crowd.said.add(undefined, TO_ALL);
  const before = await stage.sample();
  const attackers = attack(stage, seconds);
  onTestFinished(() => stop(attackers));
  const peak = await watch(stage, siege).finally(() => {
    console.info(attackers.flatMap(({ report }) => report).join('\n'));
  });
  expect(attackers.map(({ failure }) => failure)).toEqual(attackers.map(() => undefined));
  await stop(attackers);
  for (const crowd of stage.crowds) await crowd.noticedNothing();
  const after = await stage.sample();
  console.info(`${broker}, ${seconds} s: ${show(before)} before; ${show(after)} after; ${show(peak)} at most`);
  console.info(`${broker}: the crowd lost nothing, and sent ${stage.refused} refused messages again`);
  expect((after['Redis'] ?? 0) - (before['Redis'] ?? 0), 'growth of Redis').toBeLessThan(REDIS_GROWTH_MAX);
  await stage.leave();
}

function attack({ guests, users }: Stage, seconds: number): Attacker[] {
  const shared = { toAll: TO_ALL, togetherMs: Math.min(15_000, (1000 * seconds) / 3) };
  return [
    new Attacker({ ...GUEST, ...shared, togetherIn: 0, port: guests.port }),
    new Attacker({ ...FRESH_GUESTS, ...shared, togetherIn: 2, port: guests.port }),
    new Attacker({ ...USER, ...shared, togetherIn: 0, port: users.port }),
  ];
}

async function stop(attackers: readonly Attacker[]): Promise<void> {
  await Promise.all(attackers.map((attacker) => attacker.stop()));
}

/** Looks every second and gives up as soon as a pod exceeds its limit, before the machine runs out of memory. */
async function watch(stage: Stage, { seconds, podMax }: Siege): Promise<Sample> {
  const peak: Record<string, number> = {};
  const began = performance.now();
  let shown = 0;
  for (let past = 0; past < 1000 * seconds; past = performance.now() - began) {
    await pause(SAMPLE_MS);
    const sample = await stage.sample();
    for (const [name, bytes] of Object.entries(sample)) {
      peak[name] = Math.max(bytes, peak[name] ?? 0);
      if (name !== 'Redis') expect(bytes, `${name} after ${Math.round(past)} ms`).toBeLessThan(podMax * MIB);
    }
    if (past - shown < PROGRESS_MS) continue;
    shown = past;
    console.info(`after ${Math.round(past / 1000)} s: ${show(sample)}`);
  }
  return peak;
}

function show(sample: Sample): string {
  return Object.entries(sample)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / MIB)} MiB`)
    .join(', ');
}
