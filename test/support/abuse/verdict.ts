import type { ChatFrame } from '../chat-client.js';

const CODES: ReadonlySet<string> = new Set([
  'bad_json',
  'bad_request',
  'room_name',
  'not_a_member',
  'too_many_rooms',
  'unsupported',
  'conflict',
  'rate_limited',
  'too_large',
]);
/** Insides that nobody outside should see. */
export const STACK = /\n\s+at |node:internal|node_modules|\.[jt]s:\d+/;

/** What the protocol says of a text before anybody knows the server's mind. */
export interface Expectation {
  /** A valid id: exactly one answer carries it. */
  readonly id?: string;
  /** Is no object in JSON: exactly one error without an id. */
  readonly hopeless: boolean;
  /** Where it goes if it is taken for a message; absent: it can be none. */
  readonly message?: { readonly room: string | undefined; readonly data: unknown };
  /** The room that it may make its sender a member of. */
  readonly joins?: string;
}

export function expectationOf(text: string): Expectation {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { hopeless: true };
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) return { hopeless: true };
  const own = new Map<string, unknown>(Object.entries(frame));
  const [id, room] = [own.get('id'), own.get('room')];
  const joins = own.get('type') === 'join' && typeof room === 'string' ? { joins: room } : {};
  const addressed = !own.has('room') || typeof room === 'string';
  const to = typeof room === 'string' ? room : undefined;
  return {
    hopeless: false,
    ...(typeof id === 'string' && id !== '' && Array.from(id).length <= 64 && { id }),
    ...joins,
    ...(own.has('data') && addressed && { message: { room: to, data: own.get('data') } }),
  };
}

/** What is wrong with an error as such. */
export function faultOfError({ data }: ChatFrame): string | undefined {
  const { code, message } = data;
  if (!CODES.has(code ?? '')) return `the code ${String(code)}`;
  if (typeof message !== 'string' || message === '' || message.length > 400) return `the message ${String(message)}`;
  if (STACK.test(message)) return `insides in ${message}`;
  if (data['retryable'] !== (code === 'rate_limited')) return `retryable with ${String(code)}`;
  return undefined;
}

/** How often each id has to be answered, and how often nobody in particular. */
export function answersOf(expectations: readonly Expectation[]) {
  const counts = new Map<string, number>();
  for (const { id } of expectations) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const least = expectations.filter(({ hopeless }) => hopeless).length;
  const most = expectations.filter(({ id }) => id === undefined).length;
  return { counts, least, most };
}
