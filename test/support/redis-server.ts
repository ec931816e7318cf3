import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A real Redis. Its address stays the same over `crash` and `start`. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Where it speaks TLS, if it was started so. */
  readonly tlsPort: number | undefined;
  /** What serves it, in a few words. */
  readonly label: string;
  /** Runs `redis-cli` with these arguments and returns what it printed. */
  cli(...args: string[]): Promise<string>;
  /** Stops it from doing anything while its connections stay open, as SIGSTOP does. Ended by `thaw`. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills it. What it had not written to disk is lost. Ended by `start`. */
  crash(): Promise<void>;
  /** Starts it again after a crash, over the files that the crash left; resolved when it answers. */
  start(): Promise<void>;
  /** Ends it and removes everything it left. Doing so again is no error. */
  stop(): Promise<void>;
}

/** A second port on which a Redis speaks TLS, and what it shows there, in PEM. */
export interface TlsPort {
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}

/** What has `redis-server` speak TLS on a port, to clients that have no certificate. */
export function tlsArgs(port: number, certFile: string, keyFile: string): string[] {
  const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile];
  return ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
}

/** Resolves when the server on this port answers commands. */
export async function untilRedisAnswers(port: number, timeoutMs = 15_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await answers(port))) {
    if (performance.now() > end) throw new Error(`Redis on port ${port} did not answer a PING within ${timeoutMs} ms`);
    await pause(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once('data', (data) => settle(/^\+PONG|^-NOAUTH/.test(data.toString())));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

/** `vitest.config.ts` sets the variables: whose a Redis is, so that what a killed test left can be found. */
export function redisOwner(): { readonly run: string; readonly project: string } {
  return { run: process.env['HUBBUB_RUN'] ?? 'none', project: process.env['HUBBUB_PROJECT'] ?? 'none' };
}
