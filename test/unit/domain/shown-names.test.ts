import { describe, expect, it } from 'vitest';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import { GuestAuth } from '../../../src/adapters/guest/guest-auth.js';
import { TestPod, type Received } from '../../support/test-pod.js';

const WARNING = 'the name in a token cannot be shown, the id is shown instead';
const FLAG = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}';

/** A pod to which each token is of ada, and named as the token. */
async function podOf(): Promise<TestPod> {
  const auth: AuthPort = {
    authenticate: ({ token = '' }) => Promise.resolve({ user: { id: 'ada', name: token } }),
  };
  return TestPod.started({ ports: { keepers: { auth, authRequired: false, guests: new GuestAuth() } } });
}

const userOf = (frames: readonly Received[]): unknown => frames[0]?.data['user'];
const query = (key: string, value: string): string => new URLSearchParams({ [key]: value }).toString();

describe('the name of a user', () => {
  it.each([
    ['of a guest', 'name'],
    ['of a token', 'token'],
  ])('%s is shown in NFC, with what its script or its emoji needs', async (_whose, key) => {
    const pod = await podOf();
    const shown: unknown[] = [];
    for (const name of ['Zoe\u0308', 'علی\u200Cرضا', `Ada ${FLAG}`, '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}']) {
      shown.push(userOf((await pod.arrive(query(key, name))).take()));
    }
    expect(shown).toMatchObject([
      { name: 'Zoë' },
      { name: 'علی\u200Cرضا' },
      { name: `Ada ${FLAG}` },
      { name: '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}' },
    ]);
  });

  it.each(['\u3164', '\u2800', '\u115F', '   ', 'a\u202Eb', 'x'.repeat(65)])(
    'is the id where a token has %j, and that of a guest is refused',
    async (name) => {
      const pod = await podOf();
      expect(userOf((await pod.arrive(query('token', name))).take())).toEqual({ id: 'ada', name: 'ada' });
      expect(await pod.knock(query('name', name))).toMatchObject({ status: 400, code: 'bad_request' });
    },
  );

  it('that cannot be shown has one line in the log a minute, with a count and without the name', async () => {
    const pod = await podOf();
    const warnings = () => pod.logger.lines.filter(({ level }) => level === 'warn');
    for (let n = 0; n < 5; n++) await pod.knock(query('token', '\u3164'));
    expect(warnings()).toEqual([{ level: 'warn', event: WARNING, fields: { count: 1 } }]);
    pod.clock.advance(59_999);
    await pod.knock(query('token', '\u3164'));
    expect(warnings()).toHaveLength(1);
    pod.clock.advance(1);
    await pod.knock(query('token', '\u3164'));
    expect(warnings().at(-1)).toEqual({ level: 'warn', event: WARNING, fields: { count: 6 } });
  });
});
