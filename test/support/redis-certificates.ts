import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Names {
  readonly hosts?: readonly string[];
  /** IPv4 addresses. */
  readonly addresses?: readonly string[];
}

const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const ALTERNATIVE_NAMES = '551d11';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const DAY_MS = 86_400_000;

/** An authority that nobody knows, made anew for each test run: no key is ever kept. */
export class TestAuthority {
  readonly cert: string;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name = 'an authority of a test') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#key = privateKey;
    const isAuthority = extension(BASIC_CONSTRAINTS, sequence(der(0x01, Buffer.from([0xff]))));
    this.cert = this.#certify(name, publicKey, isAuthority);
  }

  /** A server's certificate, signed by this authority. */
  issue(names: Names): KeyPair {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { cert: this.#certify('a server', publicKey, alternativeNames(names)), key: pem(privateKey) };
  }

  /** A server's certificate that is its own authority. */
  issueForItself(names: Names): KeyPair {
    const cert = this.#certify(this.#name, createPublicKey(this.#key), alternativeNames(names));
    return { cert, key: pem(this.#key) };
  }

  /** By X.509, version 3 (RFC 5280, section 4.1). */
  #certify(subject: string, publicKey: KeyObject, extensionOfIt: Buffer): string {
    const algorithm = sequence(oid(ECDSA_WITH_SHA256));
    const content = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      nameOf(this.#name),
      sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extensionOfIt)),
    );
    const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, this.#key)]));
    const lines =
      sequence(content, algorithm, signature)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  }
}

function alternativeNames({ hosts = [], addresses = [] }: Names): Buffer {
  const names = hosts.map((host) => der(0x82, Buffer.from(host)));
  const numbers = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))));
  return extension(ALTERNATIVE_NAMES, sequence(...names, ...numbers));
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

/** As `YYMMDDHHMMSSZ`. */
function time(ms: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}
