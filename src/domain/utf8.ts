/**
 * Bytes that a text has as UTF-8 beyond one per UTF-16 unit. A loop, because most texts are short: to ask the platform costs
 * more than to look. Half a surrogate pair counts as U+FFFD, which is what it is encoded as.
 */
export function extraBytes(text: string): number {
  let extra = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) extra += 1;
    else if (isPair(unit, text.charCodeAt(at + 1))) {
      extra += 2;
      at++;
    } else extra += 2;
  }
  return extra;
}

function isPair(high: number, low: number): boolean {
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
}
