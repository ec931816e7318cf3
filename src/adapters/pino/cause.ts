/** How many errors behind each other are told. */
const MOST = 4;
/** What the engine says of text that is no JSON; it quotes the text before, which may be a message. */
const NO_JSON = ' is not valid JSON';

/** What is told of an error. What else it carries may be what was sent: ioredis has `command`, jose `payload`, Node `input`. */
interface Description {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** What a log line says of a failure: errors by name, text, code and stack, words as they are. */
export function describeCause(cause: unknown): unknown {
  try {
    return describe(cause, MOST);
  } catch {
    // Reading it runs foreign code, and throws if it is a revoked proxy, say.
    return 'something that cannot be read';
  }
}

function describe(cause: unknown, left: number): unknown {
  if (!(cause instanceof Error))
    return typeof cause === 'object' && cause !== null ? 'an object that is no error' : cause;
  const { name, message, stack } = cause;
  const code = 'code' in cause ? cause.code : undefined;
  const description: Description = {
    name,
    message: unquoted(message),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(stack !== undefined && { stack: unquoted(stack) }),
    ...(cause.cause !== undefined && left > 1 && { cause: describe(cause.cause, left - 1) }),
  };
  return description;
}

function unquoted(text: string): string {
  const end = text.lastIndexOf(NO_JSON);
  return end === -1 ? text : `${text.slice(0, end).replace(/"[^]*/, 'the text')}${text.slice(end)}`;
}
