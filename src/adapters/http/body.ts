import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../node/http-answer.js';

/** The longest body that is read, in bytes. */
const MAX_BYTES = 1024 * 1024;
/** How long a body may take, in milliseconds. */
const PATIENCE_MS = 3000;

const TOO_LARGE: HttpAnswer = { status: 413, code: 'too_large', message: 'expected a body of at most 1 MiB' };
const LATE: HttpAnswer = { status: 408, code: 'timeout', message: 'the body did not arrive in time' };
const NO_OBJECT: HttpAnswer = { status: 400, code: 'bad_request', message: 'expected a JSON object as the body' };

/** A JSON object, or why there is none. */
export type Body = { readonly value: Readonly<Record<string, unknown>> } | { readonly fault: HttpAnswer };

/** Reads the body of a request; an absent one is an empty object. `undefined`: the client has left. */
export async function readObject(request: IncomingMessage): Promise<Body | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return { fault: TOO_LARGE };
  const bytes = await read(request);
  if (bytes === undefined) return undefined;
  if ('status' in bytes) return { fault: bytes };
  const value = parse(bytes);
  return isObject(value) ? { value } : { fault: NO_OBJECT };
}

function read(request: IncomingMessage): Promise<Buffer | HttpAnswer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const settle = (outcome?: Buffer | HttpAnswer): void => {
      clearTimeout(timer);
      request.off('data', take);
      resolve(outcome);
    };
    const timer = setTimeout(() => settle(LATE), PATIENCE_MS);
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) settle(TOO_LARGE);
      else chunks.push(chunk);
    };
    request.on('data', take);
    request.once('end', () => settle(Buffer.concat(chunks)));
    request.once('close', () => settle());
  });
}

/** `undefined` for what is no JSON. */
function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
