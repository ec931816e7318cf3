import { connect } from 'node:net';
import { STACK } from './verdict.js';
import { within } from './scale.js';

const STATUSES: ReadonlySet<number> = new Set([101, 200, 400, 401, 403, 404, 405, 408, 417, 426, 429, 431, 503]);
/** What Node answers by itself. */
const PLAIN = /^HTTP\/1\.1 (400 Bad Request|417 Expectation Failed)\r\nConnection: close\r\n/;

const CONTINUE = /^HTTP\/1\.1 100 Continue\r\n\r\n/;

/** Everything that the pod answers to a request, up to the end of its first answer. */
export function answerTo(port: number, text: string): Promise<string> {
  const bytes = Buffer.from(text, 'latin1');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answered = new Promise<string>((resolve) => {
    let sum = '';
    socket.on('data', (chunk: Buffer) => {
      sum = (sum + chunk.toString('latin1')).replace(CONTINUE, '');
      if (sum.length >= endOf(sum, text)) resolve(sum.slice(0, endOf(sum, text)));
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => resolve(sum));
  });
  socket.write(bytes);
  // Half a request would be waited for.
  if (!isComplete(text)) socket.end();
  return within(answered, `an answer to ${JSON.stringify(text.slice(0, 400))}`).finally(() => socket.resetAndDestroy());
}

/** What is wrong with an answer; an empty one is a closed connection. */
export function faultOfAnswer(answer: string): string | undefined {
  if (answer === '') return undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  if (!STATUSES.has(status)) return `the answer ${answer.slice(0, 100)}`;
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  if (STACK.test(head) || (status !== 200 && STACK.test(body))) return `insides in ${answer}`;
  if (/forged|canary/i.test(head)) return `a header of the client's in ${head}`;
  if (status < 400 || body === '' || PLAIN.test(answer)) return undefined;
  return isErrorBody(body) ? undefined : `the body ${body.slice(0, 200)}`;
}

function isErrorBody(body: string): boolean {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    return typeof error?.code === 'string' && typeof error.message === 'string';
  } catch {
    return false;
  }
}

function isComplete(text: string): boolean {
  return text.includes('\r\n\r\n') && !/content-length|transfer-encoding|expect/i.test(text);
}

/** Where the first answer ends; the second of several requests may have been answered too. */
function endOf(answer: string, request: string): number {
  const head = answer.indexOf('\r\n\r\n');
  if (head === -1) return Infinity;
  const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? 0);
  return head + 4 + (request.startsWith('HEAD') ? 0 : length);
}
