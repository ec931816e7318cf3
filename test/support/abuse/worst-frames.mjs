/* The texts that the attackers send: as large, as hard to parse and as long in memory as the rules allow. */
import { frameOf } from './worst-client.mjs';

/** Half a dozen bytes below what closes a connection. */
const FRAME_BYTES = 65_530;
/** What JSON.stringify makes of it is four times as long: 28,000 characters are about 123 KiB. */
const EXPONENT = '1e20,';
const EXPONENTS = 5600;

/** Letters of four bytes in UTF-8, two UTF-16 units each, that NFC leaves alone. */
const LETTERS = Array.from({ length: 32 }, (_, index) => String.fromCodePoint(0x10428 + index));

let numbers = 0;

/** A number that this process has not used before. */
export function fresh() {
  numbers += 1;
  return numbers;
}

/** A name or id of `length` code points, four bytes each, that no other call returns. */
export function astral(length, number = fresh()) {
  let digits = '';
  for (let left = number; left > 0; left = Math.floor(left / LETTERS.length)) digits += LETTERS[left % LETTERS.length];
  return digits + LETTERS[0].repeat(Math.max(0, length - Array.from(digits).length));
}

/** An id of 64 characters, the maximum. */
export function longId(who) {
  return `${who}-${fresh()}-`.padEnd(64, 'x');
}

export function textOf(frame) {
  return frameOf(JSON.stringify(frame));
}

/** A frame of the maximum size whose data is an array of one piece again and again. */
function full(piece, room) {
  const head = `{"room":${JSON.stringify(room)},"data":[`;
  const pieces = Math.floor((FRAME_BYTES - head.length - 2) / Buffer.byteLength(piece));
  return `${head}${piece.repeat(pieces).slice(0, -1)}]}`;
}

function deep(levels) {
  return `${'['.repeat(levels)}${']'.repeat(levels)},`;
}

/** Keys that no other object has, so that no two of them share a shape. */
function unlike(room) {
  const head = `{"room":${JSON.stringify(room)},"data":[`;
  let text = head;
  while (text.length < FRAME_BYTES - 40) text += `{"k${fresh()}":0},`;
  return `${text}0]}`;
}

/** Frames that weigh many times their text once they are parsed. */
export function heavy(room) {
  const pieces = ['{"34":0},', '{},', '{"9":0},', '[],', EXPONENT, deep(60), '"",', '{"__proto__":0},', '"\\u0001",'];
  return [...pieces.map((piece) => full(piece, room)), unlike(room)].map((text) => frameOf(text));
}

/** Data whose stored text is longer than what is charged for it. */
export function growing() {
  return [
    `[${EXPONENT.repeat(EXPONENTS)}0]`,
    JSON.stringify('\u4e16'.repeat(21_500)),
    JSON.stringify('\u{1f600}'.repeat(16_000)),
    `[${'"\\u0001",'.repeat(6500)}0]`,
    `[${'-1e-7,'.repeat(10_000)}0]`,
  ];
}

/** The query that enters as many rooms as a request of 16 KiB can name. */
export function manyRooms(who) {
  const names = Array.from({ length: 95 }, () => `room=${`${who}-${fresh()}-`.padEnd(128, 'r')}`);
  return names.join('&');
}
