import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { badTokens, entries, signedWithPublic, tracesOf } from '../support/abuse/bad-tokens.js';
import { CountingServer } from '../support/abuse/counting-server.js';
import { faultAtDoor } from '../support/abuse/refusals.js';
import { each, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { ChatClient } from '../support/chat-client.js';
import { UNLIMITED } from '../support/unlimited.js';

const AT_ONCE = 16;
const KID = 'the-only-key';
/** Between two fetches because of keys that nobody has heard of. */
const COOL_DOWN_MS = 30_000;

const started = performance.now();
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = await CountingServer.start({
  keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256' }],
});
afterAll(() => keys.stop());

function signedBy(key: KeyObject, sub: string, header: object): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', ...header })}.${part({ sub, exp })}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

const pod = abusedPod({
  env: { AUTH_ENABLED: 'true', JWKS_URL: `${keys.url}/keys`, ...UNLIMITED },
  proof: (name) => ({ token: signedBy(own.privateKey, name.toLowerCase(), { kid: KID }) }),
});

/** One fetch of the first keys, and one in thirty seconds for all the keys that nobody has heard of. */
function expectHardlyAsked(): void {
  const most = 2 + Math.floor((performance.now() - started) / COOL_DOWN_MS);
  expect(keys.asked).toBeGreaterThanOrEqual(1);
  expect(keys.asked).toBeLessThanOrEqual(most);
}

describe('a key server', () => {
  it.each(Object.entries(entries))(
    'is not asked for keys that nobody has heard of, by %s',
    async (_entry, bring) => {
      const faults: string[] = [];
      await each(scaled(400, 20_000), AT_ONCE, async (n) => {
        // Some with the very key that is known by another name.
        const text = signedBy(n % 2 ? foreign.privateKey : own.privateKey, 'mallory', { kid: randomUUID() });
        const fault = await faultAtDoor(pod.port, bring(text), text, tracesOf(text));
        if (fault) faults.push(fault);
        pod.tried('unknown keys');
      });
      expect(faults).toEqual([]);
      expectHardlyAsked();
    },
    PATIENCE_MS,
  );

  it('is not asked for keys of auth frames either', async () => {
    const query = { token: signedBy(own.privateKey, 'mallory', { kid: KID }) };
    const client = await ChatClient.connect(pod.port, { query });
    onTestFinished(() => client.kill());
    for (let n = 0; n < scaled(200, 900); n += 1) {
      const data = { token: signedBy(foreign.privateKey, 'mallory', { kid: randomUUID() }) };
      expect((await client.request({ type: 'auth', data })).data.code).toBe('unauthorized');
      pod.tried('unknown keys');
    }
    expectHardlyAsked();
  });

  it(
    'gives keys that make no secret, and no forged token passes',
    async () => {
      const forged = [
        ...signedWithPublic(own.publicKey, KID),
        ...badTokens(keys.url),
        signedBy(foreign.privateKey, 'mallory', { kid: KID }),
        signedBy(foreign.privateKey, 'mallory', { kid: KID, jwk: foreign.publicKey.export({ format: 'jwk' }) }),
        signedBy(own.privateKey, 'mallory', { kid: KID, alg: 'RS256' }),
        signedBy(own.privateKey, 'mallory', { kid: KID, jku: `${keys.url}/keys` }),
        signedBy(own.privateKey, 'guest-mallory', { kid: KID }),
      ];
      const faults: string[] = [];
      const bringers = Object.values(entries);
      await each(scaled(1, 60) * forged.length * bringers.length, AT_ONCE, async (n) => {
        const text = forged[n % forged.length] ?? '';
        const bring = bringers[Math.floor(n / forged.length) % bringers.length];
        const fault = bring && (await faultAtDoor(pod.port, bring(text), text, tracesOf(text)));
        if (fault) faults.push(fault);
        pod.tried('bad tokens at the door');
      });
      expect(faults).toEqual([]);
      expectHardlyAsked();
    },
    PATIENCE_MS,
  );
});
