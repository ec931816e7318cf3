/** What a close frame has room for, in bytes of UTF-8 (RFC 6455, 5.5). */
const MOST_BYTES = 123;

/** A reason as every transport can send it: at most 123 bytes, cut between characters, and without halves of pairs. */
export function closeReason(text: string): string {
  let bytes = 0;
  let reason = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > MOST_BYTES) break;
    reason += code >= 0xd800 && code <= 0xdfff ? '\uFFFD' : character;
  }
  return reason;
}
