/** What pods tell each other of the service itself. */
export interface Announcement {
  /** The user whose connections are to be closed, and whose tokens count no more. */
  readonly disconnect: string;
  /** By the clock of the pod that was told so, in milliseconds since 1970. */
  readonly at: number;
}

export function encodeAnnouncement(announcement: Announcement): string {
  return JSON.stringify(announcement);
}

/** `undefined` for what another version of this program may have said. */
export function decodeAnnouncement(text: string): Announcement | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAnnouncement(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isAnnouncement(value: unknown): value is Announcement {
  if (typeof value !== 'object' || value === null) return false;
  return 'disconnect' in value && typeof value.disconnect === 'string' && 'at' in value && Number.isFinite(value.at);
}
