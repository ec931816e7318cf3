const MOST_BYTES = 123;

/** Cuts a reason to what fits a close frame (RFC 6455, 5.5), between two characters. */
export function trimReason(reason: string): string {
  // No character is more than three bytes for each of its UTF-16 units.
  if (reason.length * 3 <= MOST_BYTES) return reason;
  const bytes = Buffer.from(reason);
  if (bytes.length <= MOST_BYTES) return reason;
  let end = MOST_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
