import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { NAME_LENGTH, USER_ID_LENGTH } from '../../domain/names.js';
import type { Foreign } from '../../ports/codec-port.js';
import { isTooDeep } from './depth.js';
import { closed, EventType } from './parts.js';

/** What another program may put on a channel. */
export const ForeignMessage = Type.Object(
  {
    type: Type.Optional(Type.Union([Type.Enum(['chat', '']), EventType])),
    data: Type.Unknown(),
    from: Type.Optional(
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: USER_ID_LENGTH }),
          name: Type.String({ minLength: 1, maxLength: NAME_LENGTH }),
        },
        closed,
      ),
    ),
  },
  closed,
);

const validator = Compile(ForeignMessage);
const OPENING_BRACE = 0x7b;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a payload of another program; `undefined` for anything that is not to be delivered. */
export function decodeForeign(payload: Uint8Array): Foreign | undefined {
  if (payload[0] !== OPENING_BRACE) return undefined;
  try {
    const text = utf8.decode(payload);
    const message: unknown = JSON.parse(text);
    return validator.Check(message) && !isTooDeep(message.data, text) ? foreign(message) : undefined;
  } catch {
    return undefined;
  }
}

function foreign({ type, data, from }: Static<typeof ForeignMessage>): Foreign {
  const name = type === undefined || type === '' ? 'chat' : type;
  return from === undefined ? { type: name, data } : { type: name, data, from };
}
