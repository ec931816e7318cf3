import { SUBPROTOCOL, USER_ID_LENGTH } from '../../domain/names.js';
import { END_OF_TIME } from '../../domain/times.js';
import { endpointDescription, queryParameters, refusals, type ApiFacts } from './wire-facts.js';

const ErrorBody = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string', description: 'Stable, for programs.' }, message: { type: 'string' } },
    },
  },
};

const DisconnectBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    issuedBefore: {
      type: 'integer',
      minimum: 0,
      maximum: END_OF_TIME,
      description:
        'Milliseconds since 1970, compared in whole seconds as `iat` has them. Only tokens issued before it count no more, ' +
        'and only their connections and those of guests are closed. Absent: all tokens issued until 5 s from now.',
    },
  },
};

/** The description of everything that is served over HTTP, the WebSocket endpoint included, as OpenAPI 3.1. */
export function openApi(facts: ApiFacts): object {
  const { basePath, version, clientFrames, serverFrames } = facts;
  return {
    openapi: '3.1.0',
    info: {
      title: 'chat-api',
      version,
      description: `The chat itself is WebSocket: see \`${basePath}/asyncapi.json\`, and the frames among the schemas here.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'chat' }, { name: 'health' }, { name: 'description' }, { name: 'admin' }],
    paths: {
      [`${basePath}/ws`]: { get: upgrade(facts) },
      '/livez': { get: read('livez', 'health', 'Whether the process lives', { 200: json('It does.') }) },
      '/readyz': { get: read('readyz', 'health', 'Whether clients should be sent here', readyAnswers()) },
      [`${basePath}/asyncapi.json`]: {
        get: read('asyncapi', 'description', 'The WebSocket endpoint as AsyncAPI 3.0', { 200: json('The document.') }),
      },
      [`${basePath}/openapi.json`]: { get: read('openapi', 'description', 'This document', { 200: json('It.') }) },
      [`${basePath}/users/{id}/disconnect`]: { post: disconnect() },
      '/': { get: read('page', 'chat', 'A page to chat with', { 200: { description: 'The page.', content: html() } }) },
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'The `API_KEY` of the pods.' } },
      schemas: {
        Error: ErrorBody,
        ClientFrame: { anyOf: refs(clientFrames) },
        ServerFrame: { anyOf: refs(serverFrames) },
        ...clientFrames,
        ...serverFrames,
      },
    },
  };
}

function upgrade(facts: ApiFacts): object {
  const header = { in: 'header', required: false };
  return {
    operationId: 'connect',
    tags: ['chat'],
    summary: 'Opens the chat: a WebSocket upgrade',
    description: endpointDescription(facts),
    security: [],
    parameters: [
      ...Object.entries(queryParameters).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
      {
        ...header,
        name: 'Sec-WebSocket-Protocol',
        schema: { type: 'string' },
        description: `\`${SUBPROTOCOL}\`, if any.`,
      },
      { ...header, name: 'Origin', schema: { type: 'string' }, description: 'Browsers send it; it must be allowed.' },
    ],
    responses: {
      101: { description: 'Switched: frames follow, `ClientFrame` to the server and `ServerFrame` from it.' },
      ...Object.fromEntries(refusals.map(({ status, when }) => [status, failure(when)])),
    },
  };
}

function disconnect(): object {
  return {
    operationId: 'disconnect',
    tags: ['admin'],
    summary: 'Sends a user away: closes all their connections, and lets none of their tokens of before in any more',
    description: 'On this pod at once, on all pods within 2 s (4403).',
    security: [{ apiKey: [] }],
    requestBody: {
      required: false,
      description: 'May be absent; at most 1 MiB.',
      content: { 'application/json': { schema: DisconnectBody } },
    },
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: USER_ID_LENGTH } },
    ],
    responses: {
      200: json('They are away.'),
      400: failure('Not the id of a user, or not such a body.'),
      401: failure('Not the `API_KEY`, or none is set.'),
      408: failure('The body took more than 3 s.'),
      413: failure('The body is longer than 1 MiB.'),
      503: failure('The broker is away: the other pods will not hear of it. Ask again.'),
    },
  };
}

function read(operationId: string, tag: string, summary: string, responses: object): object {
  return { operationId, tags: [tag], summary, security: [], responses };
}

function readyAnswers(): object {
  return { 200: json('Ready.'), 503: failure('Not ready: the message gives the reasons.') };
}

function json(description: string): object {
  return { description, content: { 'application/json': { schema: { type: 'object' } } } };
}

function failure(description: string): object {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
}

function html(): object {
  return { 'text/html': { schema: { type: 'string' } } };
}

function refs(frames: Readonly<Record<string, object>>): object[] {
  return Object.keys(frames).map((name) => ({ $ref: `#/components/schemas/${name}` }));
}
