/*
 * Half a minute of the worst that default settings allow. worst.long.test.ts is the same for ten minutes each.
 */
import { it } from 'vitest';
import { BROKERS, endureTheWorst } from '../support/abuse/worst-case.js';

const SECONDS = 15;

it.each(BROKERS)(
  'one guest, one user and 200 fresh guests at their worst neither fill nor stop a pod: %s',
  async (broker) => endureTheWorst(broker, SECONDS),
  120_000,
);
