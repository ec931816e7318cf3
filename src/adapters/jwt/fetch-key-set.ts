import type { JWK } from 'jose';

/** A thousand RSA keys of 4,096 bits are three quarters of it. */
const MAX_BYTES = 1_048_576;
const HEADERS = { accept: 'application/jwk-set+json, application/json' };
/** What a key of each kind is made of. Other kinds (`oct`: shared secrets) have no place in a public list. */
const PARTS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
]);
/** 2,048 bits in base64url: a shorter modulus is never used, so it must not count as a key that would fit. */
const LEAST_MODULUS = 342;

/** The key server answered, but not with keys. The message holds nothing of the answer. */
export class BadKeySet extends Error {
  override readonly name = 'BadKeySet';
}

/**
 * Asks a key server for its public keys. What is no public key is left out; redirects are not followed.
 *
 * @param timeoutMs milliseconds for the whole answer
 * @throws {@link BadKeySet} where the answer is no key set; what `fetch` throws where there is none in time
 */
export async function fetchKeySet(url: string, timeoutMs: number): Promise<JWK[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { status, body } = await fetch(url, { headers: HEADERS, redirect: 'manual', signal });
  if (status !== 200) {
    await body?.cancel();
    throw new BadKeySet(`expected status 200, got ${status}`);
  }
  return publicKeys(parse(await read(body)));
}

async function read(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new BadKeySet(`expected at most ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BadKeySet('expected JSON');
  }
}

function publicKeys(set: unknown): JWK[] {
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new BadKeySet('expected an object with a list of keys');
  return keys.filter(isPublicKey);
}

/** Whether it looks like one. Importing finds the rest: points off their curve, private keys that were published. */
function isPublicKey(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, ...members }: { kty?: unknown; [member: string]: unknown } = { ...key };
  const parts = PARTS.get(kty)?.map((part) => members[part]);
  if (!parts?.every((part) => typeof part === 'string')) return false;
  return kty !== 'RSA' || String(members['n']).length >= LEAST_MODULUS;
}
