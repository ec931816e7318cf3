import type { CodecPort, Fault, Foreign, Request } from '../../ports/codec-port.js';
import type { Frame } from '../../ports/frame.js';
import { isTooDeep } from './depth.js';
import { explain, isObject, show, type Shape } from './explain.js';
import { decodeForeign } from './foreign.js';
import { isTypeName, TYPE_PATTERN } from '../../domain/names.js';
import { MAX_DEPTH } from './parts.js';
import { eventVerb, verbs, type Verb } from './verbs.js';

const MAX_FOREIGN_BYTES = 65_536;

/** Turns a caught shape error into the words for it; the schema alone says what is right. */
function faultOf(verb: Verb, frame: Record<string, unknown>): string {
  const shape: Shape = verb.schema;
  return explain(shape, frame) ?? `expected another shape of ${show(frame['type'] ?? 'chat')}`;
}

function fault(code: Fault['code'], message: string, frame?: Record<string, unknown>): Fault {
  const id = frame?.['id'];
  const valid = typeof id === 'string' && id !== '' && (id.length <= 64 || Array.from(id.slice(0, 129)).length <= 64);
  return valid ? { verb: 'fault', id, code, message } : { verb: 'fault', code, message };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Which verb the frame asks for. The type decides alone, so that an error speaks of one shape. */
function verbOf(type: unknown, frame: Record<string, unknown>): Verb | string {
  if (type === undefined || type === '') return eventVerb;
  if (typeof type !== 'string') return `type: expected a string, got ${show(type)}`;
  const pick = verbs.get(type);
  if (pick) return pick(frame);
  if (isTypeName(type)) return eventVerb;
  return `type: expected a name matching ${TYPE_PATTERN}, got ${show(type)}`;
}

/** The JSON frames of the wire protocol. */
export class JsonCodec implements CodecPort {
  decode(text: string): Request | Fault {
    const frame = parse(text);
    if (frame === undefined) return fault('bad_json', 'expected JSON text, got something that does not parse');
    if (!isObject(frame)) return fault('bad_request', `expected an object, got ${show(frame)}`);
    const verb = verbOf(frame['type'], frame);
    if (typeof verb === 'string') return fault('bad_request', verb, frame);
    const request = verb.decode(frame);
    if (!request) return fault('bad_request', faultOf(verb, frame), frame);
    if (isTooDeep(frame['data'], text)) {
      return fault('bad_request', `data: expected at most ${MAX_DEPTH} levels of nesting, got more`, frame);
    }
    return request;
  }

  decodeForeign(payload: Uint8Array): Foreign | undefined {
    return payload.byteLength > MAX_FOREIGN_BYTES ? undefined : decodeForeign(payload);
  }

  encode(text: string): Frame {
    return Buffer.from(text);
  }

  byteLength(text: string): number {
    return Buffer.byteLength(text);
  }
}
