import { expectTypeOf, it } from 'vitest';
import type { JwtAuthOptions } from '../../../src/adapters/jwt/index.js';
import type { MemoryBroadcasterOptions } from '../../../src/adapters/memory/index.js';
import type {
  Action,
  AnnounceResult,
  AnyHttpServer,
  BroadcastPort,
  Chat,
  ChatLimits,
  ChatOptions,
  ChatPort,
  Clock,
  Hooks,
  Limits,
} from '../../../src/index.js';

it('what the public types are made of can be named', () => {
  expectTypeOf<Parameters<NonNullable<Hooks['authorize']>>[1]>().toEqualTypeOf<Action>();
  expectTypeOf<BroadcastPort['announce']>().returns.resolves.toEqualTypeOf<AnnounceResult>();
  expectTypeOf<Parameters<Chat['attach']>[0]>().toEqualTypeOf<AnyHttpServer>();
  expectTypeOf<Chat['port']>().toEqualTypeOf<ChatPort>();
  expectTypeOf<NonNullable<MemoryBroadcasterOptions['clock']>>().toEqualTypeOf<Clock>();
  expectTypeOf<NonNullable<JwtAuthOptions['clock']>>().toEqualTypeOf<Clock>();
  expectTypeOf<NonNullable<ChatOptions['limits']>>().toEqualTypeOf<Partial<ChatLimits>>();
  expectTypeOf<ChatLimits>().toExtend<Limits>();
});
