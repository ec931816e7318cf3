import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../src/adapters/redis/errors.js';

describe('what Redis, TLS and the network say', () => {
  it.each([
    ['MOVED 3999 10.0.0.2:6381', 'cluster mode'],
    ["CROSSSLOT Keys in request don't hash to the same slot", 'cluster mode'],
    ['CLUSTERDOWN Hash slot not served', 'cluster mode'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'user or password'],
    ['NOAUTH Authentication required.', 'user or password'],
    ["NOPERM User hubbub has no permissions to run the 'info' command", 'lacks a right'],
    ["READONLY You can't write against a read only replica.", 'name the primary'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'maxmemory'],
    ['ERR max number of clients reached', 'maxclients'],
    ['self-signed certificate in certificate chain', 'certificate'],
    ["Hostname/IP does not match certificate's altnames: Host: a", 'certificate'],
    ['80A7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:354:', 'use redis://'],
    ['Client network socket disconnected before secure TLS connection was established', 'use redis://'],
    ['Protocol error, got "\\u0015" as reply type byte', 'use rediss://'],
  ])('%j gets an advice that repeats nothing of it', (words, advice) => {
    const meaning = meaningOf(new Error(words));
    expect(meaning).toContain(advice);
    expect(meaning).not.toMatch(/hubbub\b|10\.0\.0\.2/);
  });

  it.each(['connect ECONNREFUSED 127.0.0.1:6379', 'read ECONNRESET', 'LOADING Redis is loading the dataset in memory'])(
    '%j means no more than that Redis is away',
    (words) => {
      expect(meaningOf(new Error(words))).toBeUndefined();
    },
  );
});
