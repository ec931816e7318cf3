import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { userIdProblem } from '../../domain/names.js';
import { isMoment, MOMENT_EXPECTED } from '../../domain/times.js';
import type { RefusalReporter } from '../../ports/refusal.js';
import type { Logger } from '../../ports/system.js';
import { readObject } from './body.js';
import { sendError, sendFault, sendJson, type Handler } from './replies.js';

export interface AdminOptions {
  /** What a request must bring as `Authorization: Bearer ...`. Without it every request is refused. */
  readonly apiKey?: string;
  /** Closes the connections of a user on all pods; resolves with whether the pods will hear of it. */
  readonly disconnect: (userId: string, options: { readonly issuedBefore?: number }) => Promise<boolean>;
  /** Told of requests without the key. @default nobody */
  readonly refusals?: RefusalReporter;
}

/** What only those may ask who know the key. */
export class Admin {
  /** For a hint: with a place for the user's id. */
  readonly path: string;
  readonly #disconnectPath: RegExp;
  readonly #keyDigest: Buffer | undefined;
  readonly #disconnect: AdminOptions['disconnect'];
  readonly #logger: Logger;
  readonly #refusals: RefusalReporter | undefined;

  constructor(basePath: string, { apiKey, disconnect, refusals }: AdminOptions, logger: Logger) {
    this.#logger = logger;
    this.#refusals = refusals;
    this.path = `${basePath}/users/{id}/disconnect`;
    this.#disconnectPath = new RegExp(`^${basePath.replaceAll('.', '\\.')}/users/([^/]+)/disconnect$`);
    this.#keyDigest = apiKey === undefined ? undefined : digest(apiKey);
    this.#disconnect = disconnect;
  }

  /** What answers at a path; `undefined` where it is none of these. */
  find(path: string): Handler | undefined {
    const user = this.#disconnectPath.exec(path)?.[1];
    if (user === undefined) return undefined;
    return (request, response) => {
      if (!this.#knowsKey(request)) {
        this.#refusals?.add('api_key', this.#faultOf(request), { address: request.socket.remoteAddress ?? '' });
        return refuse(response);
      }
      if (request.method !== 'POST') {
        return sendError(response, 405, 'method_not_allowed', 'expected POST, got another method', {
          Allow: 'POST',
          ...CLOSE,
        });
      }
      const userId = decoded(user);
      const problem = userIdProblem(userId);
      if (problem) return sendError(response, 400, problem.code, problem.message, CLOSE);
      this.#sendAway(userId, request, response).catch((cause: unknown) => this.#failed(response, cause));
    };
  }

  async #sendAway(userId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readObject(request);
    if (!body) return;
    if ('fault' in body) return sendError(response, body.fault.status, body.fault.code, body.fault.message, CLOSE);
    const { issuedBefore, ...others } = body.value;
    const isGood = Object.keys(others).length === 0 && (issuedBefore === undefined || isMoment(issuedBefore));
    if (!isGood) return sendError(response, 400, 'bad_request', MEMBERS, CLOSE);
    if (await this.#disconnect(userId, issuedBefore === undefined ? {} : { issuedBefore }))
      return sendJson(response, 200, { disconnected: userId }, CLOSE);
    sendError(response, 503, 'unavailable', 'the broker is away, try again', { 'Retry-After': '1', ...CLOSE });
  }

  #failed(response: ServerResponse, cause: unknown): void {
    this.#logger.error('http request failed', { cause });
    sendFault(response, CLOSE);
  }

  #faultOf({ headers }: IncomingMessage): string {
    if (this.#keyDigest === undefined) return 'this pod has no API_KEY';
    return headers.authorization === undefined ? 'no key' : 'wrong key';
  }

  /** In the same time whatever is wrong: digests are equally long, and compared to their end. */
  #knowsKey({ headers }: IncomingMessage): boolean {
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    return this.#keyDigest !== undefined && given !== undefined && timingSafeEqual(digest(given), this.#keyDigest);
  }
}

/** A body that nobody reads to its end must not keep the connection. */
const CLOSE = { Connection: 'close' };

const MEMBERS = `expected no member but issuedBefore, in ${MOMENT_EXPECTED}`;

/** The same whether the key is wrong, or the pod has none. */
const KEY_NEEDED = 'expected Authorization: Bearer with the API_KEY of this pod; a pod without API_KEY takes none';

function refuse(response: ServerResponse): void {
  sendError(response, 401, 'unauthorized', KEY_NEEDED, { 'WWW-Authenticate': 'Bearer', ...CLOSE });
}

/** What was no UTF-8 is nobody's id. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
