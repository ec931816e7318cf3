import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from '../../ports/system.js';
import { Admin, type AdminOptions } from './admin.js';
import type { Page } from './page.js';
import { hostsOf } from '../node/hosts.js';
import { hintAt, nearestPath, tidy } from '../node/nearest-path.js';
import { jsonResource, sendError, sendFault, sendJson, sendResource, type Handler, type Resource } from './replies.js';

/** Whether a load balancer should send clients here. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reasons: readonly string[] };

export interface HttpSurfaceOptions {
  /** Where the API is, without a slash at the end; empty for the root. */
  readonly basePath: string;
  /** Asked at every `/readyz`. */
  readonly readiness: () => Readiness;
  readonly asyncApi: object;
  readonly openApi: object;
  /** Without it there is no page: `/` is unknown. */
  readonly page?: Page;
  readonly admin: AdminOptions;
  /** Told of faults that were answered with 500. */
  readonly logger: Logger;
}

interface Finder {
  readonly find: (path: string) => Handler | undefined;
  /** What was probably meant by a path at which there is nothing. */
  readonly nearest: (path: string) => string | undefined;
}

/** Everything a pod answers over plain HTTP: a table of exact paths, read by GET and HEAD, and what {@link Admin} does. */
export class HttpSurface {
  /** For `node:http`'s `request` event. Never throws. */
  readonly listener: RequestListener;
  readonly #logger: Logger;

  constructor(options: HttpSurfaceOptions) {
    this.#logger = options.logger;
    const routes = routesOf(options);
    const admin = new Admin(options.basePath, options.admin, options.logger);
    const finder: Finder = {
      find: (path) => admin.find(path) ?? readOnly(routes.get(path)),
      nearest: (path) => (admin.find(tidy(path)) ? admin.path : nearestPath(path, routes.keys())),
    };
    this.listener = (request, response) => this.#answer(finder, request, response);
  }

  #answer(finder: Finder, request: IncomingMessage, response: ServerResponse): void {
    try {
      route(finder, request, response);
    } catch (cause) {
      this.#logger.error('http request failed', { cause });
      if (!response.headersSent) sendFault(response);
    }
  }
}

function routesOf({ basePath, readiness, asyncApi, openApi, page }: HttpSurfaceOptions): ReadonlyMap<string, Handler> {
  const routes = new Map<string, Handler>([
    ['/livez', (_request, response) => sendJson(response, 200, { live: true })],
    ['/readyz', (_request, response) => sendReadiness(response, readiness())],
    [`${basePath}/ws`, (_request, response) => sendUpgradeRequired(response)],
    [`${basePath}/asyncapi.json`, serve(jsonResource(asyncApi))],
    [`${basePath}/openapi.json`, serve(jsonResource(openApi))],
  ]);
  for (const [path, file] of page ?? []) routes.set(path, serve(file));
  return routes;
}

function route({ find, nearest }: Finder, request: IncomingMessage, response: ServerResponse): void {
  const { method, httpVersion } = request;
  const path = pathOf(request.url ?? '/');
  const handler = find(path);
  const hosts = hostsOf(request);
  if (hosts === 0 && httpVersion === '1.1') {
    sendError(response, 400, 'bad_request', 'expected a Host header, got none', { Connection: 'close' });
  } else if (hosts > 1) {
    sendError(response, 400, 'bad_request', `expected one Host header, got ${hosts}`, { Connection: 'close' });
  } else if (!handler) {
    const hint = hintAt(nearest(path));
    sendError(response, 404, 'not_found', `nothing is served at this path${hint}`, closeFor(method));
  } else {
    handler(request, response);
  }
}

/** Fixed things are there to be read. */
function readOnly(handler: Handler | undefined): Handler | undefined {
  if (!handler) return undefined;
  return (request, response) => {
    const { method } = request;
    if (method === 'GET' || method === 'HEAD') return handler(request, response);
    const allow = { Allow: 'GET, HEAD', ...closeFor(method) };
    sendError(response, 405, 'method_not_allowed', 'expected GET or HEAD, got another method', allow);
  };
}

/** A body that nobody will read must not keep the connection: its sender could go on for ever. */
function closeFor(method: string | undefined): { Connection?: string } {
  return method === 'GET' || method === 'HEAD' ? {} : { Connection: 'close' };
}

/** The path as it came: exact, neither decoded nor tidied up. A proxy may ask by the whole URL. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?[^]*$/, '') || '/';
}

function serve(file: Resource): Handler {
  return (request, response) => sendResource(request, response, file);
}

function sendReadiness(response: ServerResponse, readiness: Readiness): void {
  if (readiness.ready) sendJson(response, 200, { ready: true });
  else sendError(response, 503, 'not_ready', readiness.reasons.join('; '), { 'Retry-After': '1' });
}

function sendUpgradeRequired(response: ServerResponse): void {
  const headers = { Upgrade: 'websocket', Connection: 'Upgrade' };
  sendError(response, 426, 'upgrade_required', 'this path speaks WebSocket only', headers);
}
