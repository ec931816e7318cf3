import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Logger } from '../../ports/system.js';
import { silentLogger } from '../node/silent-logger.js';

/**
 * Says where a request comes from: what the socket says, or where that is a trusted proxy, what it has added to
 * `X-Forwarded-For`. Everything before an address that is not trusted was written by that one, and counts for nothing.
 */
export class ClientAddress {
  readonly #trusted = new BlockList();
  readonly #logger: Logger;
  #hasWarned = false;

  /**
   * @param proxies addresses, and networks such as `10.0.0.0/8`, of proxies in front of this server
   * @param logger warned once of an `X-Forwarded-For` that is ignored: it is often a proxy that nobody has named
   * @throws RangeError for anything else
   */
  constructor(proxies: readonly string[], logger: Logger = silentLogger) {
    this.#logger = logger;
    for (const proxy of proxies) {
      const network = networkOf(proxy);
      if (!network)
        throw new RangeError(`trustedProxies: expected an address or a network such as 10.0.0.0/8, got ${proxy}`);
      this.#trusted.addSubnet(network.address, network.prefix, familyOf(network.address));
    }
  }

  of({ socket, headers }: IncomingMessage): string {
    let address = plain(socket.remoteAddress ?? '');
    if (headers['x-forwarded-for'] !== undefined && !this.#isTrusted(address)) this.#warn(address);
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
    while (this.#isTrusted(address)) {
      const before = plain(forwarded.pop()?.trim() ?? '');
      if (isIP(before) === 0) break;
      address = before;
    }
    return isIPv6(address) ? placeOf(address) : address;
  }

  #warn(sender: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const hint = 'if it is your proxy, name it in TRUSTED_PROXIES (trustedProxies of createChat)';
    this.#logger.warn('X-Forwarded-For is ignored, its sender is no trusted proxy', { sender, hint });
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, familyOf(address));
  }
}

/** Whether it is an address, or a network such as `10.0.0.0/8`. */
export function isProxy(text: string): boolean {
  return networkOf(text) !== undefined;
}

function networkOf(text: string): { readonly address: string; readonly prefix: number } | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIPv6(address) ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  const isNetwork = isIP(address) !== 0 && prefix >= 0 && prefix <= most && rest.length === 0;
  return isNetwork ? { address, prefix } : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Without what some proxies put around it, and IPv4 as such where the socket is one of IPv6. */
function plain(address: string): string {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address)?.[1] ?? address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
}

/**
 * Whoever has one IPv6 address has its whole network of 64 bits to take others from, so that is what counts; an IPv4
 * address in the form of one (mapped, or translated by NAT64) counts as it is.
 */
function placeOf(address: string): string {
  const groups = groupsOf(address);
  const prefix = groups.slice(0, 6).join(':');
  if (prefix === '0:0:0:0:0:ffff' || prefix === '64:ff9b:0:0:0:0') return ipv4Of(groups.slice(6));
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** All eight groups, without leading zeros and in lower case. */
function groupsOf(address: string): string[] {
  const [bare = ''] = address.split('%');
  const hex = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a: string, b: string, c: string, d: string) => {
    const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
  const [before = [], after] = hex.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const missing = after === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...(after ?? [])];
  return all.map((group) => Number.parseInt(group, 16).toString(16));
}

function ipv4Of(groups: readonly string[]): string {
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
