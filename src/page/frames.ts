/** What the page reads of the server's frames. Unknown keys are ignored; a type that is not the server's own is a message. */

export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export interface User {
  readonly id: string;
  readonly name: string;
}

export interface ServerFrame {
  readonly type: string;
  readonly room?: string;
  readonly id?: string;
  readonly re?: string;
  readonly from?: User;
  readonly ts?: number;
  readonly offset?: number;
  readonly data?: unknown;
}

export interface Welcome {
  readonly user: User;
  readonly session?: string;
  readonly global?: Position;
  readonly heartbeatMs: number;
}

/** What the acks of all requests may say; which of it depends on the request. */
export interface Ack {
  readonly epoch?: string;
  readonly offset?: number;
  readonly recovered?: boolean;
  readonly messages?: readonly ServerFrame[];
  readonly more?: boolean;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

export type Gap = { readonly cause: 'slow_consumer' | 'expired' | 'reset' } & (
  | { readonly from: number; readonly to: number; readonly epoch: string }
  | { readonly missed: number }
);

interface DataOf {
  welcome: Welcome;
  ack: Ack;
  error: Problem;
  gap: Gap;
  draining: { readonly reconnectAfterMs: number };
}

/** Whether the frame is of this type, which says what its data is. */
export function isOf<T extends keyof DataOf>(
  type: T,
  frame: ServerFrame,
): frame is ServerFrame & { readonly data: DataOf[T] } {
  return frame.type === type;
}

const CONTROL: ReadonlySet<string> = new Set([
  'welcome',
  'ack',
  'error',
  'pong',
  'gap',
  'draining',
  'join',
  'leave',
  'typing',
]);

/** Whether somebody wrote it, as opposed to what the server says of itself. */
export function isMessage({ type }: ServerFrame): boolean {
  return !CONTROL.has(type);
}

const LONGEST = 4_000;

/** The text to show for a message: what chat clients send as `content`, and any other data as JSON. */
export function textOf({ type, data }: ServerFrame): string {
  const content = typeof data === 'object' && data !== null && 'content' in data ? data.content : data;
  const text = typeof content === 'string' ? content : JSON.stringify(data);
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return type === 'chat' ? shown : `[${type}] ${shown}`;
}
