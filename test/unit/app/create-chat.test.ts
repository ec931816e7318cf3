import { describe, expect, it } from 'vitest';
import { createChat } from '../../../src/index.js';

describe('createChat', () => {
  it.each([
    ['rateLimit', Number.NaN],
    ['rateLimit', -1],
    ['rateBurst', Number.POSITIVE_INFINITY],
    ['roomsPerConnection', -5],
  ])('refuses a limit that makes no sense: %s %d', (name, value) => {
    expect(() => createChat({ limits: { [name]: value } })).toThrow(
      new RangeError(`createChat: expected limits.${name} to be a number from 0 on, got ${value}`),
    );
  });

  it('refuses a proxy that is none', () => {
    expect(() => createChat({ trustedProxies: ['proxy.example'] })).toThrow(RangeError);
  });

  it('refuses to ask for tokens that nobody checks', () => {
    expect(() => createChat({ authRequired: true })).toThrow(TypeError);
  });
});
