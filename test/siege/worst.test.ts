/*
 * Half a minute of the worst that default settings allow. worst.long.test.ts is the same for ten minutes each.
 */
import { it } from 'vitest';
import { BROKERS, endureTheWorst } from '../support/abuse/worst-case.js';

/** In so short a time nobody can fill the totals, which are 512 MiB of the 768 that a pod may need. */
const SIEGE = { seconds: 15, podMax: 384 };

it.each(BROKERS)(
  'one guest, one user and 200 fresh guests at their worst neither fill nor stop a pod: %s',
  async (broker) => endureTheWorst(broker, SIEGE),
  120_000,
);
