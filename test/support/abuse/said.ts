import { createHash } from 'node:crypto';

/** What was said where by those who attack: whatever else comes to somebody is a leak. Keeps digests only. */
export class Said {
  readonly #digests = new Set<string>();

  /** @param room absent: to all */
  add(room: string | undefined, data: unknown): void {
    const key = digest(room, data);
    if (key !== undefined) this.#digests.add(key);
  }

  has(room: string | undefined, data: unknown): boolean {
    return this.#digests.has(digest(room, data) ?? '');
  }
}

/** Data arrives as `JSON.parse` and `JSON.stringify` leave it. Nothing for what is too deep to be sent on by anybody. */
function digest(room: string | undefined, data: unknown): string | undefined {
  try {
    const text = JSON.stringify([room, data]);
    return createHash('sha1').update(text).digest('base64').slice(0, 16);
  } catch {
    return undefined;
  }
}
