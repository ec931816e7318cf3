export { createChat, type Chat, type ChatLimits, type ChatOptions } from './app/create-chat.js';
export { ChatError, type ErrorCode } from './domain/errors.js';
export type { HubHealth } from './domain/hub.js';
export type { AnyHttpServer } from './adapters/ws/index.js';
export type { DisconnectOptions } from './domain/revocations.js';
export type { Limits } from './domain/hub-options.js';

export type { AuthPort, Credentials, Identity, Permissions, User } from './ports/auth-port.js';
export type {
  AnnounceResult,
  BroadcastHealth,
  BroadcastPort,
  BroadcastReceiver,
  Channel,
  Entry,
  Position,
  Publication,
  PublishResult,
  ReadQuery,
  ReadResult,
  Receipt,
  Retention,
  SubscribeResult,
  Unavailable,
} from './ports/broadcast-port.js';
export type { Admission, ChatPort, ChatSession, Knock } from './ports/chat-port.js';
export type { Refusal } from './ports/refusal.js';
export type { ConnectionPort } from './ports/connection-port.js';
export type { Batch, Frame } from './ports/frame.js';
export type { Action, ChatConnection, ChatMessage, Hooks, Replacement } from './ports/hooks.js';
export type { Clock, Logger } from './ports/system.js';
