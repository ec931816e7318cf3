import { NAME_LENGTH, SESSION_PATTERN, SUBPROTOCOL } from '../../domain/names.js';

/** What both API descriptions tell of the WebSocket endpoint, in one place. */

export interface ApiFacts {
  /** Where the API is, without a slash at the end; empty for the root. */
  readonly basePath: string;
  /** Version of the service. */
  readonly version: string;
  /** JSON Schemas of the frames, by name. */
  readonly clientFrames: Readonly<Record<string, object>>;
  readonly serverFrames: Readonly<Record<string, object>>;
  /** Bytes of a client's text frame. */
  readonly messageBytes: number;
  readonly roomsPerConnection: number;
  readonly heartbeatMs: number;
  /** Messages that history keeps per room, for how many seconds. */
  readonly historySize: number;
  readonly historyTtl: number;
  /** Frames that one connection may send; `undefined`: any number. */
  readonly frames: { readonly perSecond: number; readonly burst: number } | undefined;
}

export const closeCodes: readonly { readonly code: number; readonly when: string; readonly advice: string }[] = [
  { code: 1000, when: 'normal', advice: 'stop' },
  {
    code: 1001,
    when: 'the server was stopped by hand',
    advice: 'reconnect elsewhere, after the delay that `draining` gave',
  },
  { code: 1002, when: 'protocol error', advice: 'stop' },
  { code: 1003, when: 'binary frame', advice: 'stop' },
  { code: 1007, when: 'invalid UTF-8', advice: 'stop' },
  { code: 1008, when: 'policy: abuse goes on after errors, or the application refused the client', advice: 'stop' },
  { code: 1009, when: 'message over the limit', advice: 'stop' },
  { code: 1011, when: 'server fault', advice: 'back off, reconnect' },
  { code: 1012, when: 'restart or deploy: the pod drains', advice: 'reconnect after the given delay, resume' },
  { code: 1013, when: 'overload', advice: 'back off, reconnect' },
  { code: 4008, when: 'reads too slowly, beyond the hard limit in bytes', advice: 'reconnect, resume' },
  { code: 4012, when: 'heartbeat missed', advice: 'reconnect, resume' },
  { code: 4401, when: 'token expired or revoked while connected', advice: 'refresh the token, reconnect' },
  { code: 4403, when: 'kicked', advice: 'stop' },
];

export const refusals: readonly { readonly status: number; readonly when: string }[] = [
  { status: 400, when: `Malformed query, or subprotocols \`hubbub.*\` without \`${SUBPROTOCOL}\`.` },
  { status: 401, when: 'No token, or a bad one.' },
  { status: 403, when: 'Origin not allowed.' },
  { status: 404, when: 'Unknown path.' },
  { status: 426, when: 'Not an upgrade.' },
  {
    status: 429,
    when:
      'Too many connections or upgrades from this address, or connections of this user; `Retry-After` says when to ' +
      'come back.',
  },
  {
    status: 503,
    when:
      'Full, draining, not yet in contact with the broker, or no word of the key server where a token can’t be judged ' +
      'without it; `Retry-After` says when to come back.',
  },
];

/** The query of the upgrade request. */
export const queryParameters = {
  room: {
    type: 'array',
    items: { type: 'string' },
    description: 'Rooms to join right after the welcome, as if by `join`. Repeatable.',
  },
  name: {
    type: 'string',
    minLength: 1,
    maxLength: NAME_LENGTH,
    description:
      'Display name of a guest. At least one character can be seen; joiners and the like only in emoji and between the ' +
      'letters they join. It is put into NFC.',
  },
  session: {
    type: 'string',
    pattern: SESSION_PATTERN,
    description: 'A guest’s own secret, to be the same user again. The welcome returns the one that the server makes.',
  },
  token: { type: 'string', description: 'Bearer token, for clients that can’t set headers.' },
} as const;

/** The prose about the endpoint, in Markdown. */
export function endpointDescription(facts: ApiFacts): string {
  const rate = facts.frames ? `${facts.frames.perSecond} a second, ${facts.frames.burst} at once` : 'no limit';
  return `One JSON object per WebSocket text frame, in both directions. The first frame from the server is \`welcome\`.
Clients ignore keys and types that they don’t know. Subprotocol: \`${SUBPROTOCOL}\`, or none.
A token may also come as the pair \`${SUBPROTOCOL}, bearer.<token>\`, or in the \`Authorization\` header.

Limits: ${facts.messageBytes} bytes a frame, ${facts.roomsPerConnection} rooms a connection, frames: ${rate}.
Heartbeat: a ping every ${facts.heartbeatMs} ms. History: ${history(facts)}.

| close code | when | a client should |
|---|---|---|
${closeCodes.map(({ code, when, advice }) => `| ${code} | ${when} | ${advice} |`).join('\n')}

Refused before the upgrade as plain HTTP with the body \`{"error":{"code","message"}}\`:

| status | when |
|---|---|
${refusals.map(({ status, when }) => `| ${status} | ${when} |`).join('\n')}`;
}

function history({ historySize, historyTtl }: ApiFacts): string {
  return historySize === 0 ? 'none' : `${historySize} messages a room, ${historyTtl} s after its last message`;
}
