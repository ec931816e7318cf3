import { describe, expect, it, onTestFinished } from 'vitest';
import { chatUrl, type ConnectOptions } from '../support/chat-client.js';
import { SECRET, token } from '../support/jwt.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

async function started(env: Readonly<Record<string, string>>): Promise<PodProcess> {
  const pod = await PodProcess.start(env);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

/** What the door answers to an upgrade; whoever comes in stays. */
async function knock(pod: PodProcess, query: ConnectOptions['query'] = {}, Origin?: string): Promise<number> {
  const { pathname, search } = new URL(chatUrl(pod.port, { query }));
  const raw = await RawWebSocket.send(pod.port, upgradeRequest(`${pathname}${search}`, { Origin }));
  onTestFinished(() => raw.reset());
  return (await raw.response()).status;
}

const session = (who: string): Readonly<Record<string, string>> => ({ session: who.padEnd(22, '-') });

// Each of them keeps somebody out, or back, who would pass without it.
describe('a pod honours', () => {
  it.each([
    ['JWT_AUDIENCE', 'aud'],
    ['JWT_ISSUER', 'iss'],
  ])('%s: tokens for others are refused', async (name, claim) => {
    const pod = await started({ AUTH_ENABLED: 'true', JWT_SECRET: SECRET, [name]: 'chat' });
    expect(await knock(pod, { token: await token({ [claim]: 'chat' }) })).toBe(101);
    for (const claims of [{}, { [claim]: 'mail' }]) expect(await knock(pod, { token: await token(claims) })).toBe(401);
  });

  it('ALLOWED_ORIGINS: other origins are refused, that of the host too', async () => {
    const pod = await started({ ALLOWED_ORIGINS: 'https://page.example' });
    expect(await knock(pod, {}, 'https://page.example')).toBe(101);
    expect(await knock(pod, {}, 'https://chat.example')).toBe(403);
    const open = await started({});
    expect(await knock(open, {}, 'https://chat.example')).toBe(101);
  });

  it.each([
    ['MAX_CONNECTIONS', 503],
    ['MAX_CONNECTIONS_PER_ADDRESS', 429],
  ])('%s: one more is refused', async (name, status) => {
    const pod = await started({ [name]: '2' });
    expect([await knock(pod), await knock(pod), await knock(pod)]).toEqual([101, 101, status]);
  });

  it('MAX_CONNECTIONS_PER_USER: one more of the same user is refused', async () => {
    const pod = await started({ MAX_CONNECTIONS_PER_USER: '1' });
    const [ada, bob] = [session('ada'), session('bob')];
    expect([await knock(pod, ada), await knock(pod, ada), await knock(pod, bob)]).toEqual([101, 429, 101]);
  });

  it('RATE_LIMIT_ADDRESS: one pays for what another has used', async () => {
    const pod = await started({ RATE_LIMIT: '1', RATE_BURST: '100', RATE_LIMIT_ADDRESS: '1' });
    const clients = [await connectClient(pod.port), await connectClient(pod.port)];
    const refused: number[] = [];
    // To say it again takes a minute: nobody is that slow.
    for (const client of clients) {
      for (let n = 1; n < 80; n++) client.send({ type: 'leave', room: 'nowhere' });
      await client.request({ type: 'leave', room: 'nowhere' });
      refused.push(client.ofType('error').filter(({ data }) => data.code === 'rate_limited').length);
    }
    expect(refused[0]).toBe(0);
    expect(refused[1]).toBeGreaterThan(0);
  });

  it('MAX_ROOMS_PER_CONNECTION: one more room is refused, and clients are told how many there may be', async () => {
    const pod = await started({ MAX_ROOMS_PER_CONNECTION: '2' });
    const client = await connectClient(pod.port, { rooms: ['one', 'two'] });
    expect(client.welcome.data['limits']).toMatchObject({ roomsPerConnection: 2 });
    expect((await client.request({ type: 'join', room: 'three' })).data.code).toBe('too_many_rooms');
  });

  it('HISTORY_BYTES, without Redis too: older messages go', async () => {
    const pod = await started({ HISTORY_BYTES: '65536' });
    const client = await connectClient(pod.port, { rooms: ['lobby'] });
    for (let n = 0; n < 5; n++) await client.say(`${n} ${'x'.repeat(20_000)}`, 'lobby');
    const { data } = await client.request({ type: 'history', room: 'lobby' });
    expect(data.messages?.map(({ offset }) => offset)).toEqual([3, 4, 5]);
  });
});
