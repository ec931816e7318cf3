import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { pathOf } from './handshake.js';
import { answer, type HttpAnswer } from '../node/http-answer.js';
import { hintAt, nearestPath } from '../node/nearest-path.js';

/** An HTTP server of the user's, with routes and perhaps upgrade listeners of its own. */
export type AnyHttpServer = HttpServer | HttpsServer;

/** Takes an upgrade of the path that was asked for. */
export type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Told of an upgrade of a path that nobody serves, and of the answer. */
export type LeaveUpgrade = (request: IncomingMessage, refusal: HttpAnswer) => void;

type Listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

// Of every transport: several may share a server, each on its path, and then only the last may say that a path is
// nobody's.
const ours = new WeakSet<object>();
const taken = new WeakSet<Duplex>();
/** The paths of each server that somebody listens to. */
const served = new WeakMap<AnyHttpServer, Set<string>>();

/**
 * Listens for the upgrades of one path. Those of other paths are left to other upgrade listeners; where there are
 * none they are answered 404, because Node hands such a socket to nobody else.
 *
 * @returns stops listening
 * @throws {Error} where it is listened to already: one of two would get a socket that the other has
 */
export function listen(server: AnyHttpServer, path: string, take: TakeUpgrade, leave: LeaveUpgrade): () => void {
  const paths = served.get(server) ?? new Set();
  if (paths.has(path)) throw new Error(`WsTransport: another attach() serves ${path} on this server`);
  served.set(server, paths.add(path));
  const listener: Listener = (request, socket, head) => {
    if (pathOf(request) === path) {
      taken.add(socket);
      socket.on('error', ignore);
      take(request, socket, head);
    } else if (isNobodys(server, listener, socket)) {
      socket.on('error', ignore);
      const hint = hintAt(nearestPath(pathOf(request), paths));
      const refusal = { status: 404, code: 'not_found', message: `no WebSocket is served at this path${hint}` };
      leave(request, refusal);
      answer(socket, refusal);
    }
  };
  ours.add(listener);
  server.on('upgrade', listener);
  return () => {
    server.off('upgrade', listener);
    paths.delete(path);
  };
}

/** The listener that every raw socket has until ws adds its own: a reset of the client must not end the process. */
export function ignore(): void {
  // The `close` that follows tells all there is to know.
}

function isNobodys(server: AnyHttpServer, self: Listener, socket: Duplex): boolean {
  const listeners = server.listeners('upgrade');
  return listeners.at(-1) === self && !taken.has(socket) && listeners.every((listener) => ours.has(listener));
}
