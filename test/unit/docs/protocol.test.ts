import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { closeCodes, refusals } from '../../../src/adapters/http/wire-facts.js';
import { Keys } from '../../../src/adapters/redis/keys.js';
import { loadConfig } from '../../../src/app/config.js';
import { CLOSE } from '../../../src/domain/close-codes.js';
import { RESERVED_TYPES } from '../../../src/domain/names.js';
import { rateOf } from '../../../src/domain/rate-limits.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const protocol = read('docs/protocol.md');
const config = loadConfig({});
const grouped = (count: number): string => count.toLocaleString('en-US');

/** What stands in the rows behind a heading of the page, as far as the next heading. */
function under(heading: string): string {
  return protocol.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

it('the protocol’s document has every close code and every status', () => {
  for (const code of [...closeCodes.map((one) => one.code), ...Object.values(CLOSE)]) {
    expect(under('Close codes')).toMatch(new RegExp(`^\\|[^|]*\\b${code}\\b`, 'm'));
  }
  for (const { status } of refusals) expect(under('Connecting')).toContain(`${status} `);
});

it('it has every reserved type', () => {
  expect(under('Client to server')).toContain(`Reserved: ${RESERVED_TYPES.join(', ')}.`);
});

it('it has the rates by default', () => {
  const { RATE_LIMIT, RATE_LIMIT_BYTES, RATE_LIMIT_GLOBAL, RATE_LIMIT_ROOMS, RATE_LIMIT_READS } = config;
  const rates = under('Rates');
  expect(rates).toContain(`${RATE_LIMIT}/s, ${rateOf('frames', RATE_LIMIT)?.burst} at once`);
  expect(rates).toContain(`${grouped(RATE_LIMIT_BYTES)}/s, 8 times as many at once`);
  expect(rates).toContain(`${RATE_LIMIT_GLOBAL}/s, ${4 * RATE_LIMIT_GLOBAL} at once`);
  expect(rates).toContain(`${RATE_LIMIT_ROOMS}/s, ${10 * RATE_LIMIT_ROOMS} at once`);
  expect(rates).toContain(`${RATE_LIMIT_READS}/s, ${20 * RATE_LIMIT_READS} at once`);
  expect(under('Errors')).toContain(`may be sent in 12 s (${grouped(12 * RATE_LIMIT_BYTES)}) for a thousand`);
  expect([config.RATE_LIMIT_USER, config.RATE_LIMIT_ADDRESS, config.UPGRADE_RATE]).toEqual([5, 0, 0]);
});

it('it and the one of Redis have every key and channel', () => {
  const keys = new Keys('realtime');
  const { mark, announcements, base, calls } = keys;
  const named = [
    mark,
    announcements,
    base,
    calls,
    keys.pod('{pod}'),
    keys.call('{pod}'),
    keys.pods('{run}'),
    keys.run('{run}'),
  ];
  const ofRooms = [keys.head('{name}'), keys.log('{name}'), keys.channel('{name}'), keys.channel('')];
  for (const name of [...named, ...ofRooms]) {
    expect(protocol).toContain(`\`${name}\``);
    expect(read('docs/redis.md')).toContain(`\`${name.replace('realtime:', '')}\``);
  }
});
