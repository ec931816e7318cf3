import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../src/adapters/ws/client-address.js';
import { RecordingLogger } from '../../support/test-pod.js';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];
const of = (remote: string, forwarded?: string, proxies = PROXIES): string =>
  new ClientAddress(proxies).of(request(remote, forwarded));

it('an X-Forwarded-For that is ignored is warned of once, with the address of its sender', () => {
  const logger = new RecordingLogger();
  const addresses = new ClientAddress(PROXIES, logger);
  addresses.of(request('10.1.2.3', '203.0.113.9'));
  addresses.of(request('198.51.100.1'));
  expect(logger.lines).toEqual([]);
  for (const remote of ['198.51.100.1', '198.51.100.2']) addresses.of(request(remote, '203.0.113.9'));
  const event = 'X-Forwarded-For is ignored, its sender is no trusted proxy';
  const fields = { sender: '198.51.100.1', hint: expect.stringContaining('TRUSTED_PROXIES') };
  expect(logger.lines).toEqual([{ level: 'warn', event, fields }]);
});

describe('where a client comes from', () => {
  it.each([
    ['198.51.100.1', undefined],
    ['198.51.100.1', '203.0.113.9'],
    ['198.51.100.1', '10.0.0.1'],
    ['192.0.2.8', '203.0.113.9'],
  ])('is what the socket of a stranger says: %s, whatever is forwarded: %s', (remote, forwarded) => {
    expect(of(remote, forwarded)).toBe(remote);
  });

  it.each([
    ['10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['192.0.2.7', '203.0.113.9', '203.0.113.9'],
    ['::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['fd00::1', '203.0.113.9', '203.0.113.9'],
    // Two proxies behind one another.
    ['10.1.2.3', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
    // What a client has written itself stands on the left.
    ['10.1.2.3', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['10.1.2.3', '10.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['10.1.2.3', '[2001:db8::1]:4711', '2001:db8:0:0::/64'],
  ])('is what a trusted proxy says: %s, forwarded: %s', (remote, forwarded, expected) => {
    expect(of(remote, forwarded)).toBe(expected);
  });

  it.each([undefined, '', ',', 'unknown', '_hidden', 'localhost', '1.2.3', '999.1.1.1', '1.2.3.4;', '<script>'])(
    'is the proxy itself where it says nothing useful: %s',
    (forwarded) => {
      expect(of('10.1.2.3', forwarded)).toBe('10.1.2.3');
    },
  );

  it('is the last trusted one where all are', () => {
    expect(of('10.1.2.3', '10.0.0.1, 10.0.0.2')).toBe('10.0.0.1');
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['64:ff9b::203.0.113.9', '203.0.113.9'],
    ['64:ff9b::cb00:7109', '203.0.113.9'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ])('counts by its network where it is IPv6: %s', (remote, expected) => {
    expect(of(remote)).toBe(expected);
  });

  it.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0/8', '::/129', 'proxy.example', '10.0.0.0/8/8'])(
    'has no proxy called %j',
    (proxy) => {
      expect(() => new ClientAddress([proxy])).toThrow(RangeError);
    },
  );
});
