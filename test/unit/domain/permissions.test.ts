import { describe, expect, it } from 'vitest';
import { permits } from '../../../src/domain/permissions.js';

describe('permissions', () => {
  it('restrict nothing that they do not name', () => {
    for (const action of ['join', 'publish', 'history'] as const) {
      expect([permits({}, action, 'lobby'), permits({}, action, undefined)]).toEqual([true, true]);
    }
  });

  it.each([
    ['lobby', 'lobby', true],
    ['lobby', 'lobby2', false],
    ['lobby', 'Lobby', false],
    ['team-*', 'team-a', true],
    ['team-*', 'team-', true],
    ['team-*', 'team', false],
    ['team-*', 'a-team-b', false],
    ['*', 'anything', true],
    ['te.m', 'team', false],
    ['te.m*', 'team1', false],
    ['t*m', 'team', false],
    ['', 'lobby', false],
  ])('pattern %j names %j: %j', (pattern, room, named) => {
    expect(permits({ join: [pattern] }, 'join', room)).toBe(named);
    expect(permits({ publish: ['other', pattern] }, 'publish', room)).toBe(named);
  });

  it('let nothing pass where the list is empty', () => {
    expect(permits({ join: [] }, 'join', 'lobby')).toBe(false);
  });

  it('let nobody read a room who may not join it, and keep publishing apart from that', () => {
    const permissions = { join: ['lobby'], publish: ['desk'] };
    const may = (action: 'history' | 'join' | 'publish') =>
      ['lobby', 'desk'].filter((r) => permits(permissions, action, r));
    expect([may('join'), may('history'), may('publish')]).toEqual([['lobby'], ['lobby'], ['desk']]);
  });

  it('forbid publishing to everybody, and no receiving', () => {
    expect(permits({ global: false }, 'publish', undefined)).toBe(false);
    expect(permits({ global: false }, 'join', undefined)).toBe(true);
    expect(permits({ global: false }, 'history', undefined)).toBe(true);
    expect(permits({ global: false }, 'publish', 'lobby')).toBe(true);
  });
});
