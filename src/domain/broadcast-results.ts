import type {
  AnnounceResult,
  BroadcastHealth,
  Entry,
  Position,
  PublishResult,
  ReadResult,
  SubscribeResult,
} from '../ports/broadcast-port.js';

/*
 * Whether what a broadcaster answers has the shape that its port promises. Each check reads every member that the domain
 * uses, so that a getter throws here or nowhere.
 */

/** What an answer may have. Reading a member is several times faster than `in`, and each publish is checked. */
type Loose = Readonly<
  Partial<Record<'status' | 'receipt' | 'maybe' | 'id' | 'ts' | 'position' | 'epoch' | 'offset', unknown>>
>;

/** @param sequenced whether a position has to be there */
export function isPublishResult(value: unknown, sequenced: boolean): value is PublishResult {
  if (!isObject(value)) return false;
  const { status, receipt }: Loose = value;
  if (status !== 'published') return status === 'conflict' || isUnavailable(value);
  return isReceipt(receipt, sequenced);
}

export function isSubscribeResult(value: unknown, sequenced: boolean): value is SubscribeResult {
  if (!isObject(value) || !('status' in value)) return false;
  return value.status === 'subscribed' ? isPositionOf(value, sequenced) : isUnavailable(value);
}

export function isReadResult(value: unknown): value is ReadResult {
  if (!isObject(value) || !('status' in value)) return false;
  if (value.status !== 'read') return isUnavailable(value);
  if (!('more' in value) || typeof value.more !== 'boolean' || !isPositionOf(value, true)) return false;
  const entries: unknown = 'entries' in value ? value.entries : undefined;
  return Array.isArray(entries) && entries.every(isEntry);
}

export function isAnnounceResult(value: unknown): value is AnnounceResult {
  return isObject(value) && (('status' in value && value.status === 'announced') || isUnavailable(value));
}

export function isHealth(value: unknown): value is BroadcastHealth {
  if (!isObject(value) || !('ready' in value)) return false;
  return value.ready === true || (value.ready === false && 'reason' in value && typeof value.reason === 'string');
}

function isReceipt(value: unknown, sequenced: boolean): boolean {
  if (!isObject(value)) return false;
  const { id, ts }: Loose = value;
  return typeof id === 'string' && typeof ts === 'number' && isPositionOf(value, sequenced);
}

function isUnavailable({ status, maybe }: Loose): boolean {
  return status === 'unavailable' && (maybe === undefined || typeof maybe === 'boolean');
}

/** Whether there is a position, or none where none is needed. */
function isPositionOf({ position }: Loose, needed: boolean): boolean {
  return position === undefined ? !needed : isPosition(position);
}

function isPosition(value: unknown): value is Position {
  if (!isObject(value)) return false;
  const { epoch, offset }: Loose = value;
  return typeof epoch === 'string' && isOffset(offset);
}

function isEntry(value: unknown): value is Entry {
  if (!isObject(value) || !('offset' in value) || !('frame' in value)) return false;
  return isOffset(value.offset) && value.frame instanceof Uint8Array;
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
