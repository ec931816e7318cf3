import { SUBPROTOCOL } from '../../domain/names.js';
import { endpointDescription, queryParameters, type ApiFacts } from './wire-facts.js';

/** Which frames answer which request; a request without an `id` gets no ack but for `join`. */
const replies: Readonly<Record<string, readonly string[]>> = {
  ChatRequest: ['MessageAck', 'DroppedAck', 'ErrorFrame'],
  EventRequest: ['MessageAck', 'DroppedAck', 'ErrorFrame'],
  JoinRequest: ['JoinAck', 'ErrorFrame'],
  ResumeRequest: ['JoinAck', 'ErrorFrame'],
  LeaveRequest: ['LeaveAck', 'ErrorFrame'],
  HistoryRequest: ['HistoryAck', 'ErrorFrame'],
  AuthRequest: ['AuthAck', 'ErrorFrame'],
  PingRequest: ['Pong', 'ErrorFrame'],
};

/** Frames that come without having been asked for. */
const unasked = ['Welcome', 'Message', 'Gap', 'Draining', 'ErrorFrame'];

const CHANNEL = { $ref: '#/channels/chat' };

/** The description of the WebSocket endpoint as an AsyncAPI 3.0 document. */
export function asyncApi(facts: ApiFacts): object {
  const schemas = { ...facts.clientFrames, ...facts.serverFrames };
  const names = Object.keys(schemas);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'chat-api',
      version: facts.version,
      description: 'Chat over WebSocket: rooms, history, and resuming without a loss that goes untold.',
    },
    defaultContentType: 'application/json',
    servers: {
      pod: {
        host: '{host}',
        protocol: 'ws',
        description: 'Any pod, or what balances between them; `wss` behind TLS.',
        variables: { host: { default: 'localhost:8001', description: 'Where this document came from.' } },
      },
    },
    channels: {
      chat: {
        address: `${facts.basePath}/ws`,
        title: 'Chat',
        description: endpointDescription(facts),
        servers: [{ $ref: '#/servers/pod' }],
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: { ws: binding() },
      },
    },
    operations: operations(facts),
    components: {
      messages: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, message(name, schema)])),
      schemas,
    },
  };
}

function binding(): object {
  const protocol = { type: 'string', description: `\`${SUBPROTOCOL}\`, if any.` };
  return {
    method: 'GET',
    query: { type: 'object', properties: queryParameters },
    headers: { type: 'object', properties: { 'Sec-WebSocket-Protocol': protocol, Authorization: { type: 'string' } } },
    bindingVersion: '0.1.0',
  };
}

function message(name: string, schema: { readonly description?: string }): object {
  return {
    name,
    title: name.replace(/(?<=[a-z])(?=[A-Z])/g, ' '),
    ...(schema.description !== undefined && { summary: schema.description }),
    payload: { $ref: `#/components/schemas/${name}` },
  };
}

function messageRefs(names: readonly string[]): object[] {
  return names.map((name) => ({ $ref: `#/channels/chat/messages/${name}` }));
}

/** `receive` and `send` are the server's own point of view, as AsyncAPI 3 has it. */
function operations({ clientFrames, serverFrames }: ApiFacts): object {
  const received = Object.keys(clientFrames).map((name) => {
    const answers = messageRefs(replies[name] ?? ['ErrorFrame']);
    const reply = { channel: CHANNEL, messages: answers };
    return [`receive${name}`, { action: 'receive', channel: CHANNEL, messages: messageRefs([name]), reply }];
  });
  const sent = messageRefs(unasked.filter((name) => name in serverFrames));
  return { ...Object.fromEntries(received), send: { action: 'send', channel: CHANNEL, messages: sent } };
}
