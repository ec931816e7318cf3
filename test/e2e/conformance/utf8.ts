import { chat, say, type WireCase } from '../../support/conformance.js';
import { PING, TEXT, frame } from '../../support/raw-websocket.js';
import { fragmented } from './fragments.js';

const nonCharacters = Array.from({ length: 17 }, (_, plane) =>
  String.fromCodePoint(0x10000 * plane + 0xfffe, 0x10000 * plane + 0xffff),
);

const valid: readonly (readonly [name: string, text: string])[] = [
  ['two to four bytes a character', 'Hello-µ@ßöäüàá-κόσμε-日本語-👋🏽'],
  ['the first and the last of two bytes', '\u0080\u07FF'],
  ['the first and the last of three bytes', '\u0800\uFFFF'],
  ['the first and the last of four bytes', '\u{10000}\u{10FFFF}'],
  ['the neighbours of the surrogates', '\uD7FF\uE000'],
  ['the replacement character', 'a\uFFFDb'],
  ['a byte order mark inside', 'a\uFEFFb'],
  ['non-characters', '\uFDD0\uFDEF\uFFFE\uFFFF'],
  ['the non-characters of all planes', nonCharacters.join('')],
  ['what is not normalised', 'e\u0301 \u00e9 \u212b'],
  ['line separators and the delete character', '\u2028\u2029\u007f'],
  ['combining characters and joiners', 'a\u0300\u0301\u0302 👩‍👩‍👧‍👦 \u202e'],
];

const invalid: readonly (readonly [name: string, hex: string])[] = [
  ...['80', 'bf', '80bf', '80bf80', '80bf80bf80'].map((hex) => [`continuation bytes alone: ${hex}`, hex] as const),
  ...['c2', 'df', 'e0', 'ef', 'f0', 'f4'].map((hex) => [`a first byte alone: ${hex}`, `${hex}20`] as const),
  ...['e282', 'f09f', 'f09f98', 'e0a0', 'efbf', 'f48fbf'].map((hex) => [`a sequence cut short: ${hex}`, hex] as const),
  ...['c328', 'e28228', 'e22882', 'f09f9828', 'f0289f98'].map((hex) => [`a wrong second half: ${hex}`, hex] as const),
  ...['c080', 'c0af', 'c1bf', 'e08080', 'e080af', 'e09fbf', 'f0808080', 'f08080af', 'f08fbfbf'].map(
    (hex) => [`overlong: ${hex}`, hex] as const,
  ),
  ...['f880808080', 'f888808080', 'fbbfbfbfbf', 'fc8080808080', 'fc8480808080', 'fdbfbfbfbfbf'].map(
    (hex) => [`five or six bytes: ${hex}`, hex] as const,
  ),
  ...['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf', 'eda080edb080', 'edafbfedbfbf'].map(
    (hex) => [`a surrogate: ${hex}`, hex] as const,
  ),
  ...['f4908080', 'f5808080', 'f7bfbfbf'].map((hex) => [`above U+10FFFF: ${hex}`, hex] as const),
  ...['fe', 'ff', 'fefeffff'].map((hex) => [`bytes that never occur: ${hex}`, hex] as const),
];

/** A message that says what may be no text. */
function chatOf(bytes: Uint8Array): Buffer {
  const [head = '', tail = ''] = chat('κόσμε|!').toString().split('|');
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
}

const hand = Buffer.from('👋');
const waving = chatOf(hand);
const cut = waving.indexOf(hand) + 2;

/** Text that is UTF-8, and text that is not (8.1). */
export const utf8: readonly WireCase[] = [
  ...valid.flatMap(([name, text]) => [
    { name: `8.1 ${name}`, bytes: say(text), outcome: { said: [text] } },
    { name: `8.1 ${name}, in fragments of a byte`, bytes: fragmented(chat(text), 1), outcome: { said: [text] } },
  ]),
  ...invalid.flatMap(([name, hex]) => {
    const message = chatOf(Buffer.from(hex, 'hex'));
    return [
      {
        name: `8.1 ${name}`,
        bytes: Buffer.concat([say('before'), frame({ opcode: TEXT, payload: message })]),
        outcome: { said: ['before'], closed: 1007 },
      },
      { name: `8.1 ${name}, in fragments of a byte`, bytes: fragmented(message, 1), outcome: { closed: 1007 } },
    ];
  }),
  {
    name: '8.1 a text that ends within a character',
    bytes: frame({ opcode: TEXT, payload: waving.subarray(0, cut) }),
    outcome: { closed: 1007 },
  },
  {
    name: '8.1 a character in two fragments, with a ping within',
    bytes: Buffer.concat([
      frame({ opcode: TEXT, fin: false, payload: waving.subarray(0, cut) }),
      frame({ opcode: PING, payload: hand.subarray(0, 2) }),
      frame({ opcode: 0, payload: waving.subarray(cut) }),
    ]),
    outcome: { said: ['κόσμε👋!'], pings: [hand.subarray(0, 2)] },
  },
];
