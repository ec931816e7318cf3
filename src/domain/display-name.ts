import { NAME_LENGTH } from './names.js';

/** Code points that canonical decomposition makes of one, at most, and UTF-16 units of each. */
const UNITS_PER_CODE_POINT = 4 * 2;

/** Characters that show nothing by themselves, or change what stands around them; U+FFFD stands for bytes that were no text. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;
/**
 * A character that shows something without another. Blank besides spaces: the Braille pattern without dots, the null
 * notehead, blank hieroglyphs, and the place of an object that is not there.
 */
const SEEN = /[^\p{M}\p{Z}\p{Cc}\p{Cf}\p{Cs}\u2800\u{1D159}\u{13441}\u{13442}\uFFFC]/u;

const EMOJI = '[\\p{Extended_Pictographic}\\p{RI}](?:\\uFE0E|\\p{EMod}?\\uFE0F?)';
/** The code of a region and its part, as Scotland is `gbsct`, in tag characters. */
const TAGS = '[\\u{E0061}-\\u{E007A}]{2}[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,4}\\u{E007F}';
/** Flags of parts of countries, keycaps, and emoji with their variants, joined or alone. */
const EMOJI_SEQUENCE = new RegExp(`\\u{1F3F4}${TAGS}|[0-9#*]\\uFE0F?\\u20E3|${EMOJI}(?:\\u200D${EMOJI})*`, 'gu');

/** Scripts in which a joiner changes the shape of the letters around it. */
const JOINING_SCRIPTS = (
  'Arabic Syriac Nko Mandaic Mongolian Adlam Hanifi_Rohingya Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu ' +
  'Kannada Malayalam Sinhala Khmer Myanmar Tibetan Balinese Javanese Sundanese Meetei_Mayek Chakma Newa Tirhuta'
).split(' ');
/** Signs that take a consonant its vowel, behind which a joiner makes half a letter, also at the end of a word. */
const VIRAMAS = '\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0C4D\\u0CCD\\u0D4D\\u0DCA';
const JOINER = new RegExp([`(?<=[${VIRAMAS}])\\u200D`, ...JOINING_SCRIPTS.map(betweenLettersOf)].join('|'), 'gv');

/** Variants that fonts have of ideographs (as in Japanese names) and of Mongolian letters. */
const VARIANT =
  /(?<=\p{Unified_Ideograph})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]|(?<=\p{Script=Mongolian})[\u180B-\u180F]/gu;

/**
 * A name as it is shown: in NFC, 1 to 64 code points of which at least one can be seen. What cannot be seen may stand
 * only where it is part of something visible: in an emoji, or between letters that it joins or keeps apart.
 *
 * @returns `undefined` if the text cannot be shown as a name
 */
export function displayName(text: unknown): string | undefined {
  // Longer text than could become 64 code points is not even looked at.
  if (typeof text !== 'string' || text.length > NAME_LENGTH * UNITS_PER_CODE_POINT) return undefined;
  const name = text.normalize('NFC');
  if (Array.from(name).length > NAME_LENGTH) return undefined;
  const plain = UNSEEN.test(name) ? withoutSequences(name) : name;
  return SEEN.test(plain) && !UNSEEN.test(plain) ? name : undefined;
}

/** The name with what is visible only together taken apart: whatever cannot be seen in the rest has no business there. */
function withoutSequences(name: string): string {
  return name.replace(EMOJI_SEQUENCE, '\u263A').replace(JOINER, '').replace(VARIANT, '');
}

function betweenLettersOf(script: string): string {
  const letter = `[[\\p{L}\\p{M}]&&\\p{Script_Extensions=${script}}]`;
  return `(?<=${letter})[\\u200C\\u200D](?=${letter})`;
}
