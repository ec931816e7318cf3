import { describe, expect, it } from 'vitest';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import { GuestAuth } from '../../../src/adapters/guest/guest-auth.js';
import { TestPod } from '../../support/test-pod.js';

const SESSION = 'abcdefghijklmnopqrstuv';

describe('the door', () => {
  it.each([
    ['name=Ada', true],
    [`name=${'é'.repeat(64)}`, true],
    [`name=${'é'.repeat(65)}`, false],
    ['name=', false],
    ['name=e%CC%81', true],
    [`name=${'e%CC%81'.repeat(64)}`, true],
    ['name=%D8%B9%D9%84%DB%8C%E2%80%8C%D8%B1%D8%B6%D8%A7', true],
    ['name=%E3%85%A4', false],
    ['name=+', false],
    ['name=a%00b', false],
    ['name=a%E2%80%AEb', false],
    ['name=%ff', false],
    ['name=Ada&name=Eve', false],
    [`session=${SESSION}`, true],
    ['session=short', false],
    [`session=${SESSION}&session=${SESSION}`, false],
  ])('judges the query %s', async (query, admitted) => {
    const answer = await (await TestPod.started()).knock(query);
    expect(answer).toMatchObject(admitted ? { rooms: [] } : { status: 400, code: 'bad_request' });
  });

  it.each([
    [undefined, [], true],
    ['http://chat.example', [], true],
    ['https://chat.example', [], true],
    ['https://chat.example.evil', [], false],
    ['https://chat.example:8443', [], false],
    ['null', [], false],
    ['https://other.example', ['https://other.example'], true],
    ['https://other.example:1', ['https://other.example'], false],
    ['https://another.example', ['https://other.example'], false],
    ['https://Other.example', ['https://other.example'], false],
    ['null', ['https://other.example'], false],
    ['https://chat.example', ['https://other.example'], false],
    ['https://anything.example', ['*'], true],
  ])('judges the origin %s against %j', async (origin, allowedOrigins, admitted) => {
    const pod = await TestPod.started({ options: { allowedOrigins } });
    const answer = await pod.knock('', origin === undefined ? {} : { origin });
    const refused = { status: 403, message: expect.stringContaining('add it to ALLOWED_ORIGINS') };
    expect(answer).toMatchObject(admitted ? { address: expect.any(String) } : refused);
  });

  it.each(['http://', 'https://', 'null', ''])(
    'takes the origin %s for that of no host, not even an empty one',
    async (origin) => {
      const pod = await TestPod.started();
      for (const host of ['', undefined]) {
        const knock = {
          query: new URLSearchParams(),
          origin,
          host,
          authorization: undefined,
          protocols: [],
          address: 'a',
        };
        expect(await pod.hub.knock(knock)).toMatchObject({ status: 403 });
      }
    },
  );

  it.each([
    [[], undefined],
    [['hubbub.v1'], 'hubbub.v1'],
    [['hubbub.v1', 'bearer.abc'], 'hubbub.v1'],
    [['mqtt'], undefined],
    [['hubbub.v2', 'hubbub.v1'], 'hubbub.v1'],
    [['hubbub.v2'], 400],
  ])('answers the subprotocols %j', async (protocols, expected) => {
    const answer = await (await TestPod.started()).knock('', { protocols });
    expect('status' in answer ? answer.status : answer.protocol).toBe(expected);
  });

  it.each(['', 'x'.repeat(256), 'a\u0000', 'a\u200Bb'])('lets nobody in by the id %j', async (id) => {
    const auth: AuthPort = { authenticate: () => Promise.resolve({ user: { id, name: 'Ada' } }) };
    const keepers = { guests: new GuestAuth(), auth, authRequired: false };
    const pod = await TestPod.started({ ports: { keepers } });
    expect(await pod.knock('token=a')).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('finds a token wherever it may be, and asks nobody else then', async () => {
    const tokens: unknown[] = [];
    const auth: AuthPort = {
      authenticate: ({ token }) => {
        tokens.push(token);
        return Promise.resolve({ user: { id: 'ada', name: 'Ada' } });
      },
    };
    const keepers = { auth, authRequired: true, guests: new GuestAuth() };
    const pod = await TestPod.started({ ports: { keepers } });
    await pod.knock('', { authorization: 'Bearer header' });
    await pod.knock('', { protocols: ['hubbub.v1', 'bearer.protocol'] });
    expect(await pod.knock('token=query')).toMatchObject({ identity: { user: { id: 'ada' } } });
    expect(tokens).toEqual(['header', 'protocol', 'query']);
    expect(await pod.knock()).toMatchObject({
      status: 401,
      code: 'unauthorized',
      message: expect.stringMatching(/Authorization: Bearer.*bearer\.<token>.*\?token=/),
    });
    expect(await pod.knock('', { authorization: 'Basic YQ==' })).toMatchObject({ status: 401 });
  });

  it('is shut for more than there is room for', async () => {
    const pod = await TestPod.started({ options: { maxConnections: 2 } });
    const client = await pod.enter();
    await pod.enter();
    expect(await pod.knock()).toMatchObject({ status: 503, code: 'full', retryAfter: expect.any(Number) });
    client.leave();
    expect(await pod.knock()).toHaveProperty('identity');
  });

  it('is shut for one more of the same user or address', async () => {
    const users = await TestPod.started({ options: { maxConnectionsPerUser: 1 } });
    const user = await users.enter(`session=${SESSION}`);
    expect(await users.knock(`session=${SESSION}`)).toMatchObject({ status: 429, retryAfter: expect.any(Number) });
    expect(await users.knock()).toHaveProperty('identity');
    const addresses = await TestPod.started({ options: { maxConnectionsPerAddress: 1 } });
    const somebody = await addresses.enter();
    expect(await addresses.knock()).toMatchObject({ status: 429 });
    // Who leaves makes room.
    user.leave();
    somebody.leave();
    expect(await users.knock(`session=${SESSION}`)).toHaveProperty('identity');
    expect(await addresses.knock()).toHaveProperty('identity');
  });

  it('is shut until the broker has been heard, and opens by itself then', async () => {
    const pod = new TestPod();
    const { broadcaster } = pod;
    const subscribe = broadcaster.subscribe.bind(broadcaster);
    broadcaster.subscribe = () => Promise.resolve({ status: 'unavailable' });
    await pod.hub.start();
    expect(await pod.knock()).toMatchObject({ status: 503, code: 'unavailable', retryAfter: expect.any(Number) });
    expect(pod.hub.health).toEqual({ ready: false, reasons: ['not yet in contact with the broker'] });
    broadcaster.subscribe = subscribe;
    pod.scheduler.pass();
    await pod.settle();
    expect(pod.hub.health).toEqual({ ready: true });
    expect(await pod.knock()).toHaveProperty('identity');
  });
});
