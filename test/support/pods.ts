import { onTestFinished } from 'vitest';
import type { Container } from 'inversify';
import { createHttpServer, HttpSurface } from '../../src/adapters/http/index.js';
import type { Application } from '../../src/app/application.js';
import { loadConfig } from '../../src/app/config.js';
import { createContainer } from '../../src/app/container.js';
import { adminOptions } from '../../src/app/settings.js';
import { TOKENS } from '../../src/app/tokens.js';
import { ChatClient, type ConnectOptions } from './chat-client.js';
import { sharedRedis } from './shared-redis.js';

type Env = Readonly<Record<string, string>>;

/** The whole app in this process, with all of its parts at hand. */
export interface Pod {
  readonly port: number;
  readonly container: Container;
  readonly application: Application;
  /** Connects a client, which leaves with the test. */
  connect(options?: ConnectOptions): Promise<ChatClient>;
  /** The status and body of a GET. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  stop(): Promise<void>;
}

/** Settings of pods that share a Redis, in a namespace that no other test uses. */
export function redisEnv(): Env & { readonly REDIS_URL: string; readonly REDIS_PREFIX: string } {
  const { url, prefix } = sharedRedis();
  return { REDIS_URL: url, REDIS_PREFIX: prefix };
}

/** Makes the app as `main` does, on a free loopback port. Without the chat page: only a build has one. */
export function podContainer(env: Env): Container {
  const config = loadConfig({ PORT: '0', HOST: '127.0.0.1', DRAIN_MS: '0', LOG_LEVEL: 'silent', ...env });
  const container = createContainer(config);
  container
    .rebind(TOKENS.server)
    .toResolvedValue(
      (hub, logger) => {
        const readiness = () => hub.health;
        const api = { basePath: config.BASE_PATH, asyncApi: {}, openApi: {} };
        return createHttpServer(
          new HttpSurface({ ...api, readiness, admin: adminOptions(config, hub), logger }).listener,
        );
      },
      [TOKENS.hub, TOKENS.logger],
    )
    .inSingletonScope();
  return container;
}

/** Starts a pod that ends with the test. */
export function startPod(env: Env = {}): Promise<Pod> {
  return startContainer(podContainer(env));
}

/** Starts a pod out of a container that a test may have changed; it ends with the test. */
export async function startContainer(container: Container): Promise<Pod> {
  const application = container.get(TOKENS.application);
  const stop = (): Promise<void> => application.stop(1012);
  onTestFinished(stop);
  const port = await application.start();
  return {
    port,
    container,
    application,
    connect: (options) => connectClient(port, options),
    get: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
      return { status: response.status, body: await response.text() };
    },
    stop,
  };
}

/** Starts two pods of the same settings. */
export function twoPods(env: Env): Promise<[Pod, Pod]> {
  return Promise.all([startPod(env), startPod(env)]);
}

/** Connects a client that leaves with the test. */
export async function connectClient(port: number, options?: ConnectOptions): Promise<ChatClient> {
  const client = await ChatClient.connect(port, options);
  onTestFinished(() => client.kill());
  return client;
}
