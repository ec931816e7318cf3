import { readFileSync } from 'node:fs';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { asyncApi, openApi, type ApiFacts } from '../../../src/adapters/http/index.js';
import { clientFrames } from '../../../src/adapters/json/client-frames.js';
import { serverFrames } from '../../../src/adapters/json/server-frames.js';
import { clientSamples, serverSamples } from '../json/samples.js';

const facts: ApiFacts = {
  basePath: '/api/chat-api',
  version: '1.2.3',
  clientFrames,
  serverFrames,
  messageBytes: 65_536,
  roomsPerConnection: 100,
  heartbeatMs: 30_000,
  historySize: 100,
  historyTtl: 86_400,
  frames: { perSecond: 50, burst: 100 },
};

type Node = Readonly<Record<string, unknown>>;

/** As a client of the API gets it. */
const published = (document: object): Node => JSON.parse(JSON.stringify(document));
const async3 = published(asyncApi(facts));
const open31 = published(openApi(facts));

function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : refsOf(child),
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function resolve(document: Node, ref: string): unknown {
  const steps = ref.replace(/^#\//, '').split('/');
  return steps.reduce<unknown>((at, step) => (isNode(at) ? at[step.replaceAll('~1', '/')] : undefined), document);
}

function at(document: Node, ...steps: string[]): Node {
  return steps.reduce<Node>((node, step) => {
    const next = node[step];
    if (!isNode(next)) throw new Error(`expected ${step}, got none`);
    return next;
  }, document);
}

const childrenOf = (node: Node): Node[] => Object.values(node).filter(isNode);

describe.each([
  ['AsyncAPI', async3],
  ['OpenAPI', open31],
])('%s', (_name, document) => {
  it('refers to nothing that is not there', () => {
    const refs = refsOf(document);
    expect(refs.length).toBeGreaterThan(10);
    expect(refs.filter((ref) => resolve(document, ref) === undefined)).toStrictEqual([]);
  });

  it.each([...clientSamples, ...serverSamples])('%s describes %s', (name, text) => {
    const schema = at(document, 'components', 'schemas', name);
    expect(Compile(schema).Check(JSON.parse(text))).toBe(true);
  });

  it('tells the version, the limits and every close code', () => {
    const text = JSON.stringify(document);
    expect(at(document, 'info')).toMatchObject({ title: 'chat-api', version: '1.2.3' });
    expect(text).toContain('65536 bytes a frame, 100 rooms a connection, frames: 50 a second, 100 at once');
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4008, 4012, 4401, 4403]) {
      expect(text).toContain(`| ${code} |`);
    }
  });
});

describe('AsyncAPI', () => {
  it('has the parts that version 3 asks for', () => {
    expect(async3['asyncapi']).toBe('3.0.0');
    expect(at(async3, 'channels', 'chat')['address']).toBe('/api/chat-api/ws');
    expect(Object.keys(at(async3, 'channels', 'chat', 'bindings', 'ws', 'query', 'properties'))).toStrictEqual([
      'room',
      'name',
      'session',
      'token',
    ]);
    for (const operation of childrenOf(at(async3, 'operations'))) {
      expect(operation['action']).toMatch(/^(send|receive)$/);
      expect(operation['channel']).toStrictEqual({ $ref: '#/channels/chat' });
      expect(childrenOf(at(operation, 'messages')).length).toBeGreaterThan(0);
    }
  });

  it('uses every message in an operation', () => {
    const used = new Set(refsOf(async3['operations']).map((ref) => ref.split('/').at(-1)));
    const names = Object.keys({ ...clientFrames, ...serverFrames });
    expect(names.filter((name) => !used.has(name))).toStrictEqual([]);
  });
});

describe('what is described as sent', () => {
  it('is what the domain makes, besides messages', () => {
    const made = readFileSync(new URL('../../../src/domain/frames.ts', import.meta.url), 'utf8');
    const types = [...made.matchAll(/JSON\.stringify\(\{ type: '([a-z]+)'/g)].map(([, type]) => type);
    const described = Object.keys(serverFrames).map(
      (name) => at(async3, 'components', 'schemas', name, 'properties', 'type')['const'],
    );
    expect(new Set(described)).toStrictEqual(new Set([undefined, ...types]));
  });

  it('has the statuses and codes for the reasons that the protocol gives', () => {
    const text = JSON.stringify(async3);
    expect(text).toMatch(/\| 429 \| [^|]*connections or upgrades from this address, or connections of this user/);
    expect(text).toMatch(/\| 503 \| [^|]*no word of the key server/);
    const [, errors = ''] = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8').split(
      '## Errors',
    );
    const { ErrorFrame } = serverFrames;
    const { enum: codes } = ErrorFrame.properties.data.properties.code;
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) expect(errors).toContain(`\`${code}\``);
  });
});

describe('OpenAPI', () => {
  it('has every path, each operation with an id of its own and described answers', () => {
    const paths = at(open31, 'paths');
    expect(Object.keys(paths).sort()).toStrictEqual([
      '/',
      '/api/chat-api/asyncapi.json',
      '/api/chat-api/openapi.json',
      '/api/chat-api/users/{id}/disconnect',
      '/api/chat-api/ws',
      '/livez',
      '/readyz',
    ]);
    const operations = childrenOf(paths).flatMap((path) => childrenOf(path));
    expect(new Set(operations.map((operation) => operation['operationId'])).size).toBe(operations.length);
    for (const operation of operations) {
      for (const answer of childrenOf(at(operation, 'responses'))) {
        expect(answer['description']).toMatch(/\w/);
      }
    }
    expect(Object.keys(at(paths, '/api/chat-api/ws', 'get', 'responses'))).toStrictEqual([
      '101',
      '400',
      '401',
      '403',
      '404',
      '426',
      '429',
      '503',
    ]);
  });

  it('says when there are no limits', () => {
    const text = JSON.stringify(openApi({ ...facts, frames: undefined, historySize: 0, basePath: '' }));
    expect(text).toContain('frames: no limit');
    expect(text).toContain('History: none');
    expect(text).toContain('"/ws"');
  });
});
