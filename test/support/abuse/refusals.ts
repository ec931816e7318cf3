import { answerTo, faultOfAnswer } from './upgrade-attacker.js';

/** Whether a text can be part of a header as it is. */
const PLAIN = /^[\w.-]*$/;
/** Bytes that the headers of a request may have. */
const HEADERS_MAX = 16_384;

/**
 * Knocks with something that must not open, and says what is wrong with the answer: it has to be a 401 with a JSON body,
 * or where that is no token at all and the request is malformed by it, a 400.
 *
 * @param traces what may not stand in the answer
 */
export async function faultAtDoor(
  port: number,
  request: string,
  token: string,
  traces: readonly string[] = [],
): Promise<string | undefined> {
  const answer = await answerTo(port, request);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  const lawful = request.length > HEADERS_MAX ? [431] : PLAIN.test(token) ? [401] : [400, 401];
  const shown = `${JSON.stringify(token.slice(0, 200))}: ${answer.slice(0, 300)}`;
  if (!lawful.includes(status)) return `not refused by ${lawful.join()}, ${shown}`;
  if (traces.some((trace) => answer.includes(trace))) return `the token itself for ${shown}`;
  const { code } = (JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { error: { code: unknown } }).error;
  if (status === 401 && code !== 'unauthorized') return `the code ${String(code)} for ${shown}`;
  return faultOfAnswer(answer);
}
