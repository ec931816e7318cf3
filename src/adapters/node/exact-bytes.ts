/** No text in UTF-8 begins with it. */
const NO_UTF8 = Buffer.from([0xff]);

/** UTF-8, but other bytes for each text: it has one character for all halves of surrogate pairs that stand alone. */
export function exactBytes(text: string): Buffer {
  return text.isWellFormed() ? Buffer.from(text) : Buffer.concat([NO_UTF8, Buffer.from(text, 'utf16le')]);
}
