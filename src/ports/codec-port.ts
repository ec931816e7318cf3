import type { User } from './auth-port.js';
import type { Position } from './broadcast-port.js';
import type { Frame } from './frame.js';

/** A client's frame, checked for shape. Rules that need more than the frame (room names, membership) are the domain's. */
export type Request = { readonly room?: string; readonly id?: string } & (
  | { readonly verb: 'publish'; readonly type: string; readonly data: unknown }
  | { readonly verb: 'join'; readonly since?: Position }
  | { readonly verb: 'history'; readonly after?: number; readonly before?: number; readonly limit: number }
  | { readonly verb: 'leave' | 'ping' }
  | { readonly verb: 'auth'; readonly token: string }
  | { readonly verb: 'unsupported'; readonly type: string }
);

/** A client's frame that can't be understood. `id` is there where the frame had a valid one. */
export interface Fault {
  readonly verb: 'fault';
  readonly id?: string;
  readonly code: 'bad_json' | 'bad_request';
  readonly message: string;
}

/** A message that another program put on a channel, checked. */
export interface Foreign {
  readonly type: string;
  readonly data: unknown;
  readonly from?: User;
}

/** Turns what comes off the wire into values, and text into bytes. Nothing of it throws. */
export interface CodecPort {
  /** Decodes a client's text frame. */
  decode(text: string): Request | Fault;
  /** Decodes a payload of another program; `undefined` for anything that is not to be delivered. */
  decodeForeign(payload: Uint8Array): Foreign | undefined;
  /** Encodes text as UTF-8. */
  encode(text: string): Frame;
  /** Bytes of the text as UTF-8. */
  byteLength(text: string): number;
}
