import { describe, expect, it } from 'vitest';
import { isMessageType, isRoomName, isUserId } from '../../../src/domain/names.js';

describe('names', () => {
  it.each([
    ['lobby', true],
    ['Team:4711_#a@b.c-d', true],
    ['7', true],
    ['Größe', true],
    ['日本', true],
    ['a'.repeat(128), true],
    ['𝒜'.repeat(128), true],
    ['a'.repeat(129), false],
    ['', false],
    ['*', false],
    ['-a', false],
    ['a b', false],
    ['a/b', false],
    ['a\n', false],
    ['Gro\u0308ße', false],
    ['a\u202Eb', false],
    ['\ud800', false],
    ['__proto__', false],
    ['constructor', true],
    // Letters and marks that show nothing are letters and marks.
    ['lobby\u3164', true],
    ['lobby\uFE0F', true],
  ])('a room may be called %j: %s', (name, allowed) => {
    expect(isRoomName(name)).toBe(allowed);
  });

  it.each([
    ['ada', true],
    ['auth0|5f7c a/b', true],
    ['\u{1F600}'.repeat(255), true],
    ['a'.repeat(256), false],
    ['', false],
    ['a\u0000', false],
    ['a\u00ADb', false],
    ['a\uFFFD', false],
    [undefined, false],
  ])('a user may have the id %j: %s', (id, allowed) => {
    expect(isUserId(id)).toBe(allowed);
  });

  it.each([
    ['chat', true],
    ['order.created-2', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['Chat', false],
    ['', false],
    ['presence', false],
    ['welcome', false],
  ])('a message may be of type %j: %s', (type, allowed) => {
    expect(isMessageType(type)).toBe(allowed);
  });
});
