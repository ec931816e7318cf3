import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName } from '../../../src/domain/display-name.js';

const [ZWNJ, ZWJ] = ['\u200C', '\u200D'];
const FLAG_OF = (code: string): string =>
  `\u{1F3F4}${Array.from(code, (one) => String.fromCodePoint(0xe0000 + (one.codePointAt(0) ?? 0))).join('')}\u{E007F}`;

describe('a display name', () => {
  it.each([
    ['plain', 'Ada Lovelace'],
    ['one letter', 'a'],
    ['64 code points', '\u{1F600}'.repeat(64)],
    ['Greek, Han and Hangul', 'Ωδή 語 김치'],
    ['with punctuation', "D'Arcy-O’Neil (x) #1"],
    ['Persian with a ZWNJ', `علی${ZWNJ}رضا می${ZWNJ}خواهم`],
    ['Persian with vowel signs around a ZWNJ', `می\u064E${ZWNJ}خواهم`],
    ['Kurdish, Urdu and Syriac', `کۆ${ZWNJ}مه ܐܒ${ZWJ}ܓ`],
    ['Hindi with a ZWJ', `क्${ZWJ}ष`],
    ['Marathi with an eyelash ra', `दर्${ZWJ}या`],
    ['Bengali with ya-phala', `র${ZWJ}\u09CDয\u09BEম`],
    ['Sinhala', `ශ්${ZWJ}රී`],
    ['Kannada with a ZWNJ', `ರಾಜ್${ZWNJ}ಕುಮಾರ್`],
    ['Malayalam with a chillu at the end', `രാജന്${ZWJ}`],
    ['a family', `\u{1F468}${ZWJ}\u{1F469}${ZWJ}\u{1F467}`],
    ['a profession with a skin tone', `Dr. \u{1F469}\u{1F3FD}${ZWJ}\u2695\uFE0F`],
    ['a heart', 'Ada \u2764\uFE0F'],
    ['a heart on fire', `\u2764\uFE0F${ZWJ}\u{1F525}`],
    ['text style', '\u263A\uFE0E'],
    ['keycaps', '1\uFE0F\u20E3#\uFE0F\u20E3'],
    ['the flag of a country', '\u{1F1EE}\u{1F1F7}'],
    ['the flag of Scotland', FLAG_OF('gbsct')],
    ['the flag of England behind a name', `Ada ${FLAG_OF('gbeng')}`],
    ['the rainbow flag', `\u{1F3F3}\uFE0F${ZWJ}\u{1F308}`],
    ['an ideograph in a variant', '葛\u{E0100}城'],
    ['a Braille word with a blank', '\u2801\u2800\u2803'],
    ['Mongolian with a variant', '\u182A\u1820\u180B'],
  ])('may be %s', (_what, name) => {
    expect(displayName(name)).toBe(name.normalize('NFC'));
  });

  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['other spaces', '\u00A0\u2003\u3000'],
    ['a Hangul filler', '\u3164'],
    ['other Hangul fillers', '\u115F\u1160\uFFA0'],
    ['a Braille blank', '\u2800'],
    ['a null notehead', '\u{1D159}'],
    ['a mark that has no letter', '\u0301'],
    ['a combining grapheme joiner', '\u034F'],
    ['a variation selector', '\uFE0F'],
    ['a soft hyphen', '\u00AD'],
    ['a joiner', ZWJ],
    ['65 code points', 'a'.repeat(65)],
    ['a zero-width space inside', 'Ada\u200BLovelace'],
    ['a filler behind', 'Ada\u3164'],
    ['a variation selector behind a letter or digit', 'Ada\uFE0F 1\uFE0F'],
    ['a joiner between Latin letters', `A${ZWJ}da`],
    ['a joiner in front', `${ZWNJ}علی`],
    ['a ZWNJ behind', `علی${ZWNJ}`],
    ['two joiners in a row', `می${ZWNJ}${ZWNJ}خواهم`],
    ['a joiner between scripts', `می${ZWNJ}a`],
    ['a joiner in front of a space', `می${ZWNJ} خواهم`],
    ['an emoji and a joiner', `\u{1F468}${ZWJ}`],
    ['an emoji joined to a letter', `\u{1F468}${ZWJ}a`],
    ['tags behind a letter', `a${FLAG_OF('gbsct').slice(2)}`],
    ['tags without an end', FLAG_OF('gbsct').slice(0, -2)],
    ['a text in tags', FLAG_OF('gbsctsecret')],
    ['a right-to-left override', 'a\u202Eb'],
    ['an isolate', '\u2066Ada\u2069'],
    ['a right-to-left mark between Arabic letters', 'ع\u200Fلی'],
    ['an Arabic letter mark', 'ع\u061Cلی'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['half a surrogate pair', '\uD800'],
    ['a replacement character', 'a\uFFFD'],
    ['a number', 7],
    ['undefined', undefined],
  ])('is not %s', (_what, name) => {
    expect(displayName(name)).toBeUndefined();
  });

  it('comes out composed, and is counted as such', () => {
    expect(displayName('Zoe\u0308')).toBe('Zoë');
    expect(displayName('e\u0301'.repeat(64))).toBe('é'.repeat(64));
    expect(displayName('\u1F82'.normalize('NFD').repeat(64))).toBe('\u1F82'.repeat(64));
    expect(displayName('e\u0301'.repeat(65))).toBeUndefined();
  });

  it('is anything printable of Latin, and stays as it is when it is judged again', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64 }), (text) => {
        expect(displayName(text)).toBe(text.trim() === '' ? undefined : text);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const name = displayName(text);
        if (name === undefined) return;
        expect(displayName(name)).toBe(name);
        expect(name.normalize('NFC')).toBe(name);
        expect(Array.from(name).length).toBeLessThanOrEqual(64);
        expect(name).toMatch(/[^\p{M}\p{Z}\p{C}]|\p{Co}|\p{Cn}/u);
      }),
      { numRuns: 200 },
    );
  });

  it('never has something invisible that is not part of a sequence, wherever it is put', () => {
    const invisible = fc.constantFrom(ZWJ, ZWNJ, '\uFE0F', '\u3164', '\u200B', '\u202E', '\u{E0062}', '\u{E007F}');
    const latin = fc.string({ unit: fc.constantFrom('a', 'é', 'Z', '7', ' ', '-', 'я', '語'), maxLength: 20 });
    fc.assert(
      fc.property(latin, invisible, latin, (before, hidden, after) => {
        expect(displayName(`${before}${hidden}${after}`)).toBeUndefined();
      }),
    );
  });

  it('is judged at once, whatever the text: exponential work on one of these would end in a timeout', () => {
    const parts = [ZWJ, ZWNJ, '\uFE0F', '\u{1F468}', 'ی', 'क\u094D', '1', '\u{1F3F4}', '\u{E0067}', '\u0301', ' '];
    const worst = [
      ...parts.map((one) => one.repeat(1_000_000)),
      ...parts.flatMap((one) => parts.map((other) => `${one}${other}`.repeat(20).slice(0, 60))),
      `${'\u{1F468}\u200D'.repeat(31)}a`,
      `\u{1F3F4}${'\u{E0061}'.repeat(62)}`,
    ];
    for (const text of worst) expect([undefined, text.normalize('NFC')]).toContain(displayName(text));
  });
});
