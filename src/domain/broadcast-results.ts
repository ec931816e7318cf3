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

/** @param sequenced whether a position has to be there */
export function isPublishResult(value: unknown, sequenced: boolean): value is PublishResult {
  if (!isObject(value) || !('status' in value)) return false;
  if (value.status !== 'published') return value.status === 'conflict' || isUnavailable(value);
  return 'receipt' in value && isReceipt(value.receipt, sequenced);
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
  if (!isObject(value) || !('id' in value) || !('ts' in value)) return false;
  return typeof value.id === 'string' && typeof value.ts === 'number' && isPositionOf(value, sequenced);
}

function isUnavailable(value: object): boolean {
  const isMaybe = !('maybe' in value) || value.maybe === undefined || typeof value.maybe === 'boolean';
  return 'status' in value && value.status === 'unavailable' && isMaybe;
}

/** Whether there is a position, or none where none is needed. */
function isPositionOf(value: object, needed: boolean): boolean {
  const position: unknown = 'position' in value ? value.position : undefined;
  return position === undefined ? !needed : isPosition(position);
}

function isPosition(value: unknown): value is Position {
  if (!isObject(value) || !('epoch' in value) || !('offset' in value)) return false;
  return typeof value.epoch === 'string' && isOffset(value.offset);
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
