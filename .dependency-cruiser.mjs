/**
 * Who may import whom. The folders are the architecture: a port is a leaf, the domain knows only ports, an adapter
 * knows its port and its own technology, and only the composition root knows them all.
 */
const adapter = '^src/adapters/([^/]+)/';

/** Which packages an adapter is named for; the others use none. */
const packages = {
  ws: ['ws'],
  redis: ['ioredis'],
  pino: ['pino'],
  json: ['typebox'],
  jwt: ['jose'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'Two modules that need each other are one, or a third one is missing. ' +
        'Only a room and its members know each other, by their types.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^src/domain/member\\.ts$' } },
    },
    {
      name: 'ports-are-leaves',
      comment: 'A third party implements a port from its file alone: it may mention other ports, nothing else.',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: '^src/ports/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'The domain is tested without a socket, a timer or a clock: take what is missing through a port.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/(domain|ports)/' },
    },
    {
      name: 'contract-knows-ports',
      comment: 'Anybody runs the contract suites, with any test runner and any adapter.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { pathNot: '^(src/(contract|ports)/|(node:)?(assert|async_hooks|util))' },
    },
    // But for `node`: clock, silent logger and raw HTTP answer are the platform's, need no package, and nobody replaces
    // them; without the exception each adapter writes its own.
    {
      name: 'adapters-stay-apart',
      comment:
        'An adapter is replaced by one line: it knows ports, pure values and data structures of the domain and the platform, no other adapter.',
      severity: 'error',
      from: { path: adapter },
      to: {
        path: '^src/',
        pathNot: [
          '^src/ports/',
          '^src/domain/(names|message-text|fitting|errors|contained-logger)',
          '^src/domain/(times|byte-budget|held-buffers)',
          '^src/adapters/node/',
          '^src/adapters/$1/',
        ],
      },
    },
    ...Object.entries(packages).map(([name, own]) => ({
      name: `${name}-knows-its-package`,
      comment: 'An adapter is named for the one technology that it speaks.',
      severity: 'error',
      from: { path: `^src/adapters/${name}/` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg'], pathNot: own.map((each) => `node_modules/${each}/`) },
    })),
    {
      name: 'other-adapters-need-no-package',
      comment: 'Name the package in .dependency-cruiser.mjs when an adapter is made for it.',
      severity: 'error',
      from: { path: '^src/adapters/', pathNot: `^src/adapters/(${Object.keys(packages).join('|')})/` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'inversify-in-app-alone',
      comment: 'Users of the library need no container.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/app/' },
      to: { path: 'node_modules/(inversify|reflect-metadata)/' },
    },
    {
      name: 'jose-in-jwt-alone',
      comment: 'Whether a token is good is decided in one place, behind AuthPort.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/jwt/' },
      to: { path: 'node_modules/jose/' },
    },
    {
      name: 'nobody-imports-app',
      comment: 'The composition root knows everybody, so nobody may know it but what starts it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app/|index\\.ts$)' },
      to: { path: '^src/app/' },
    },
    {
      name: 'library-without-container',
      comment: 'createChat is what a library user imports: it must not bring the container along.',
      severity: 'error',
      from: { path: '^src/app/create-chat' },
      to: { path: '^src/app/(container|tokens|modules/)', reachable: true },
    },
    {
      name: 'page-runs-in-browsers',
      comment: 'The page knows the protocol, not the server.',
      severity: 'error',
      from: { path: '^src/page/' },
      to: { pathNot: '^src/page/' },
    },
    {
      name: 'src-without-tests',
      comment: 'What ships does not know how it is tested.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'resolvable',
      comment: 'A module that can not be found escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
