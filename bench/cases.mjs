/**
 * What is measured. A case is one load, put on each of its candidates in turn.
 *
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title what the load is, for people
 * @property {'deliveries' | 'messages' | 'latency' | 'memory' | 'cpu' | 'connections' | 'replay'} kind which figure counts
 * @property {string[]} candidates
 * @property {(Record<string, string | number>)[]} groups see bench/loadgen.c
 * @property {number} [pods] pods that share a Redis; without it one process works alone
 * @property {'connect' | 'resume'} [mode]
 * @property {number} [watch] the pod whose CPU counts; all of them otherwise
 * @property {string} [group] the group whose figures count; the first otherwise
 * @property {number} [seconds]
 * @property {boolean} [quick] also measured by `--quick`
 * @property {{ of: string, least?: number, most?: number }[]} [goals] ratios to others, or an absolute figure of our own
 */

const ALONE = ['hubbub', 'ws', 'socketio', 'uws', 'nchan', 'limit-each', 'limit-batch'];
const SHARED = ['hubbub', 'hubbub-no-history', 'socketio-redis', 'socketio-redis-sharded', 'socketio-redis-streams'];

/** @type {(members: number, window: number, more?: Partial<Case> & { senders?: number, payload?: number }) => Case} */
function oneRoom(members, window, { senders = 1, payload = 128, ...more } = {}) {
  const size = payload === 128 ? '' : `, ${payload / 1024} KiB each`;
  const who = senders === 1 ? `${window} in flight` : `${senders} senders, ${window} in flight`;
  return {
    id: `room-${members}-w${window}${senders === 1 ? '' : `-s${senders}`}${payload === 128 ? '' : `-p${payload}`}`,
    title: `one room of ${members.toLocaleString('en')}, ${who}${size}`,
    kind: 'deliveries',
    candidates: ALONE,
    groups: [{ members, window, senders, payload }],
    ...more,
  };
}

const burst = [
  { of: 'socketio', least: 50 },
  { of: 'nchan', least: 30 },
  { of: 'uws', least: 5 },
  { of: 'limit-batch', least: 0.75 },
];
const middling = [
  { of: 'socketio', least: 8 },
  { of: 'uws', least: 0.75 },
];
const single = [
  { of: 'socketio', least: 1.7 },
  { of: 'nchan', least: 1 },
  { of: 'limit-each', least: 0.8 },
];

/** @type {Case[]} */
const FAN_OUT = [
  oneRoom(1000, 1, { quick: true, goals: single }),
  oneRoom(1000, 8, { goals: middling }),
  oneRoom(1000, 32, { goals: middling }),
  oneRoom(1000, 64, { quick: true, goals: burst, candidates: [...ALONE, 'hubbub-no-history'] }),
  oneRoom(1000, 64, { senders: 64, goals: burst }),
  oneRoom(100, 1),
  oneRoom(100, 64),
  oneRoom(5000, 64),
  oneRoom(1000, 8, { payload: 4096 }),
  {
    id: 'rooms-100x10-w64',
    title: '100 rooms of 10, 64 in flight in each',
    kind: 'deliveries',
    candidates: ALONE,
    groups: [{ rooms: 100, members: 10, window: 64 }],
    goals: [
      { of: 'socketio', least: 20 },
      { of: 'limit-batch', least: 0.4 },
    ],
    quick: true,
  },
];

/** @type {Case[]} */
const OPEN_LOOP = [50, 400, 2000].map((rate) => ({
  id: `open-${rate}`,
  title: `one room of 1,000, ${rate.toLocaleString('en')} messages a second`,
  kind: 'latency',
  candidates: ['hubbub', 'ws', 'socketio', 'uws', 'limit-batch'],
  groups: [{ members: 1000, rate }],
  quick: rate === 400,
  goals: rate === 2000 ? [{ of: 'hubbub', most: 50 }] : [],
}));

/** @type {Case[]} */
const COMPANY = [
  {
    id: 'small-beside-big',
    title: 'a room of 10 at 50 messages a second, beside a flooded room of 4,000',
    kind: 'latency',
    candidates: ['hubbub', 'ws', 'socketio', 'uws'],
    groups: [
      { name: 'big', members: 4000, window: 64 },
      { name: 'small', members: 10, rate: 50 },
    ],
    group: 'small',
    goals: [{ of: 'hubbub', most: 20 }],
  },
  ...[0, 1].map((sleepers) => ({
    id: `sleepers-${sleepers}`,
    title: `one room of 1,000, 8 in flight, ${sleepers === 0 ? 'all read' : 'one of them reads nothing'}`,
    kind: /** @type {const} */ ('deliveries'),
    candidates: ['hubbub', 'ws', 'socketio', 'uws'],
    groups: [{ members: 1000, window: 8, sleepers }],
  })),
];

/** @type {Case[]} */
const REDIS = [
  ...[2, 3].map((pods) => ({
    id: `redis-${pods}-pods`,
    title: `${pods} pods over Redis, one room of 100, 64 senders, 64 in flight`,
    kind: /** @type {const} */ ('deliveries'),
    candidates: SHARED,
    pods,
    groups: [{ members: 100, senders: 64, window: 64, on: pods === 2 ? '0+1' : '0+1+2' }],
    goals: [
      { of: 'socketio-redis', least: 5 },
      { of: 'socketio-redis-sharded', least: 5 },
      { of: 'socketio-redis-streams', least: 5 },
    ],
  })),
  ...[
    { name: 'without client ids', ids: 0, candidates: SHARED, least: 100_000 },
    { name: 'with client ids', ids: 1, candidates: ['hubbub'], least: 60_000 },
  ].map(({ name, ids, candidates, least }) => ({
    id: `redis-through${ids === 1 ? '-ids' : ''}`,
    title: `pod to Redis to pod, ${name}: 8 rooms, in each a sender on one pod and a reader on the other, 256 in flight`,
    kind: /** @type {const} */ ('messages'),
    candidates,
    pods: 2,
    groups: [{ rooms: 8, members: 1, senders: 1, from: 0, on: '1', window: 256, ids }],
    goals: [{ of: 'hubbub', least }, ...(ids === 0 ? [{ of: 'hubbub-no-history', least: 150_000 }] : [])],
  })),
  {
    id: 'redis-outside',
    title: 'CPU of a pod outside the busy rooms, at 20,000 messages a second',
    kind: 'cpu',
    candidates: ['hubbub', 'hubbub-no-history', 'socketio-redis', 'socketio-redis-sharded'],
    pods: 2,
    watch: 1,
    groups: [{ rooms: 20, members: 1, rate: 1000, on: '0' }],
    goals: [{ of: 'hubbub', most: 2 }],
  },
];

/** @type {Case[]} */
const CONNECTIONS = [
  {
    id: 'idle-10000',
    title: 'memory of an idle connection in a room, of 10,000',
    kind: 'memory',
    candidates: ['hubbub', 'ws', 'socketio', 'uws'],
    groups: [{ rooms: 100, members: 100 }],
    seconds: 5,
    goals: [
      { of: 'hubbub', most: 8 },
      { of: 'socketio', most: 0.5 },
    ],
  },
  {
    id: 'connect',
    title: 'connections a second, 5,000 of them, 256 at a time',
    kind: 'connections',
    candidates: ['hubbub', 'ws', 'socketio', 'uws'],
    mode: 'connect',
    groups: [{ rooms: 50, members: 100 }],
    quick: true,
  },
  {
    id: 'resume-5000',
    title: '5,000 clients come back at once, each to 50 messages',
    kind: 'replay',
    candidates: ['hubbub'],
    mode: 'resume',
    groups: [{ members: 5000, missed: 50 }],
  },
];

/** What a delivery costs, as rooms, members and pods grow. @type {Case[]} */
const GROWTH = [
  ...[10, 100, 1000].map((rooms) => ({ rooms, members: 4000 / rooms })),
  ...[250, 4000].map((members) => ({ rooms: 1, members })),
].map(({ rooms, members }) => ({
  id: `growth-${rooms}x${members}`,
  title: `${rooms.toLocaleString('en')} room${rooms === 1 ? '' : 's'} of ${members.toLocaleString('en')}, 8 in flight in each`,
  kind: /** @type {const} */ ('deliveries'),
  candidates: ['hubbub'],
  groups: [{ rooms, members, window: 8 }],
}));

/** @type {Case[]} */
export const CASES = [...FAN_OUT, ...OPEN_LOOP, ...COMPANY, ...REDIS, ...CONNECTIONS, ...GROWTH];
