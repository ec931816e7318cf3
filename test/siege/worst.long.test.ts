/*
 * Ten minutes with each broker of the worst that default settings allow. Alone, on a machine that does nothing else:
 *
 *   npm run build && HUBBUB_FULL=1 npx vitest run --project siege test/siege/worst.long.test.ts
 *
 * It prints what each pod and Redis hold every 10 s, then what each attacker sent and how it was answered.
 */
import { it } from 'vitest';
import { BROKERS, endureTheWorst } from '../support/abuse/worst-case.js';

/** Totals of 512 MiB included. */
const SIEGE = { seconds: 600, podMax: 768 };

it.each(BROKERS)(
  'ten minutes of the worst that guests and users can do neither fill nor stop a pod: %s',
  async (broker) => endureTheWorst(broker, SIEGE),
  900_000,
);
