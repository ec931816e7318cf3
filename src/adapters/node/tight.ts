/**
 * Bytes to keep: a slice that keeps more than twice its own length alive is copied. One short message may lie in 64 KiB that
 * were read from a socket at once, or in Buffer's pool.
 */
export function tight(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength <= 2 * bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
