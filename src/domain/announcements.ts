import { isMoment } from './times.js';

/** What pods tell each other of the service itself. */
export interface Announcement {
  /** The user whose connections are to be closed, and whose tokens count no more. */
  readonly disconnect: string;
  /** By the clock of the pod that was told so, in milliseconds since 1970. */
  readonly at: number;
  /**
   * Tokens issued earlier count no more, in milliseconds since 1970. Absent: those issued up to `at`, and a little later
   * as clocks differ. Pods of versions that do not know this member take it for absent, and refuse more.
   */
  readonly issuedBefore?: number;
}

export function encodeAnnouncement(announcement: Announcement): string {
  return JSON.stringify(announcement);
}

/** `undefined` for what another version of this program may have said. */
export function decodeAnnouncement(text: string): Announcement | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAnnouncement(value) ? known(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Only what this version understands: a moment that is none must not make a revocation cover less. */
function known({ disconnect, at, issuedBefore }: Announcement): Announcement {
  return { disconnect, at, ...(isMoment(issuedBefore) && { issuedBefore }) };
}

function isAnnouncement(value: unknown): value is Announcement {
  if (typeof value !== 'object' || value === null) return false;
  return 'disconnect' in value && typeof value.disconnect === 'string' && 'at' in value && Number.isFinite(value.at);
}
