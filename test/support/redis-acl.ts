import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from './redis.js';

/** Something that Redis refused, as its `ACL LOG` tells it. */
export interface Refusal {
  readonly user: string;
  /** `command`, `key`, `channel` or `auth`. */
  readonly reason: string;
  /** What was refused: a command, a key, a channel. */
  readonly object: string;
}

const ADMIN = { username: 'admin', password: 'the-administrators-own' };

/** A Redis that lets nobody in without a name: its default user is off. */
export class GuardedRedis {
  readonly admin: Redis;
  readonly #server: RedisServer;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.admin = new Redis(server.port, '127.0.0.1', { ...ADMIN, protocol: 2 });
  }

  static async start(): Promise<GuardedRedis> {
    const server = await startRedis({ args: ['--acllog-max-len', '1000'] });
    await server.cli('ACL', 'SETUSER', ADMIN.username, 'on', `>${ADMIN.password}`, '~*', '&*', '+@all');
    const redis = new GuardedRedis(server);
    await redis.acl('SETUSER', 'default', 'off');
    return redis;
  }

  /** The address for a user, whose password may hold anything. */
  url(user: string, password: string, host = '127.0.0.1'): string {
    return `redis://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${this.#server.port}`;
  }

  acl(...args: readonly string[]): Promise<unknown> {
    return this.admin.call('ACL', ...args);
  }

  /** What it has refused to whom. */
  async refusals(): Promise<Refusal[]> {
    const entries = (await this.acl('LOG', '1000')) as readonly (readonly unknown[])[];
    return entries.map((entry) => {
      const field = (name: string): string => String(entry[entry.indexOf(name) + 1]);
      return { user: field('username'), reason: field('reason'), object: field('object') };
    });
  }

  async stop(): Promise<void> {
    this.admin.disconnect();
    await this.#server.stop();
  }
}
