import { describe, expect, it } from 'vitest';
import { keepersOf } from '../../support/known-tokens.js';
import { TestPod } from '../../support/test-pod.js';

const keepers = { ...keepersOf({ ada: { user: 'ada' }, bob: { user: 'bob' } }), authRequired: false };
const started = (): Promise<TestPod> => TestPod.started({ ports: { keepers } });

describe('where a token is welcome and not needed', () => {
  it('a bad one is refused all the same, wherever it comes from', async () => {
    const pod = await started();
    for (const answer of [
      await pod.knock('token=forged'),
      await pod.knock('token='),
      await pod.knock('', { authorization: 'Bearer forged' }),
      await pod.knock('', { protocols: ['hubbub.v1', 'bearer.forged'] }),
    ]) {
      expect(answer).toMatchObject({ status: 401, code: 'unauthorized' });
    }
  });

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'bearer\tforged', 'BEARER  ada ada'])(
    '%j is a bad one, and not none',
    async (authorization) => {
      const pod = await started();
      expect(await pod.knock('', { authorization })).toMatchObject({ status: 401, code: 'unauthorized' });
    },
  );

  it.each(['Basic YWRh', 'Bearers of gifts', ''])('%j is none', async (authorization) => {
    const pod = await started();
    expect(await pod.knock('', { authorization })).toMatchObject({ identity: { session: expect.any(String) } });
  });

  it('a good one is its user, and without one there are guests', async () => {
    const pod = await started();
    expect(await pod.knock('token=ada&name=Eve')).toMatchObject({ identity: { user: { id: 'ada', name: 'ada' } } });
    expect(await pod.knock('name=Eve')).toMatchObject({
      identity: { user: { id: expect.stringMatching(/^guest-/), name: 'Eve' } },
    });
  });
});

describe('of several tokens', () => {
  it('the header counts, then the subprotocol, then the query, and never the next best', async () => {
    const pod = await started();
    const protocols = ['hubbub.v1', 'bearer.bob'];
    const user = (id: string) => ({ identity: { user: { id } } });
    expect(await pod.knock('token=bob', { authorization: 'Bearer ada', protocols })).toMatchObject(user('ada'));
    expect(await pod.knock('token=ada', { protocols })).toMatchObject(user('bob'));
    expect(await pod.knock('token=ada', { authorization: 'Bearer forged', protocols })).toMatchObject({ status: 401 });
    expect(await pod.knock('token=ada&token=bob')).toMatchObject(user('ada'));
  });
});
