import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';

const USAGE = `usage: loadgen --dialect hubbub|plain|socketio|nchan --ports 8001,8002 [--mode load|connect|resume]
  [--seconds 5] [--warmup 1] [--spin] [--wait] --group k=v,k=v [--group ...]
group: name=a rooms=1 members=1000 senders=1 payload=128 on=0+1 from=0 sleepers=0 ids=0|1 missed=50
  window=W (closed loop) or rate=R (open loop, a second and room) or neither (idle)`;

const MODES = new Set(['load', 'connect', 'resume']);

/** The least that each may be. */
const LEAST = { rooms: 1, members: 1, senders: 1, window: 1, payload: 1, from: 0, sleepers: 0, ids: 0, missed: 1 };

/** The first byte of a text frame that is whole. */
export const TEXT = 0x81;

/**
 * What each kind of server is told, and what its frames are. `delivery` is how a message begins; `join` takes the frames
 * before the connection has joined, and is true of the one by which it has.
 */
const DIALECTS = {
  hubbub: {
    delivery: Buffer.from('{"type":"chat"'),
    path: ({ room, resumes }) => `/api/chat-api/ws?${resumes ? '' : `room=${room.name}&`}name=b`,
    greeting: ({ room, resumes, epoch, offset }) =>
      resumes && JSON.stringify({ type: 'join', room: room.name, data: { since: { epoch, offset } } }),
    kindOf: (text) => /^\{"type":"(\w+)"/.exec(text)?.[1],
    join(connection, text, kind) {
      if (kind === 'ack') connection.keepPosition(JSON.parse(text).data);
      return kind === 'ack';
    },
    message: envelope,
  },
  plain: {
    delivery: Buffer.from(''),
    path: ({ room }) => `/?room=${room.name}`,
    join: (_, text) => text === 'joined',
    message: envelope,
  },
  socketio: {
    delivery: Buffer.from('42["chat",'),
    path: () => '/socket.io/?EIO=4&transport=websocket',
    kindOf: (text) => (text === '2' ? 'heartbeat' : text.startsWith('44') ? 'error' : undefined),
    join(connection, text) {
      if (text.startsWith('0{')) connection.push(TEXT, '40');
      if (text.startsWith('40')) connection.push(TEXT, `420["join","${connection.room.name}"]`);
      return text.startsWith('430');
    },
    message: ({ quoted }, content) => `42["chat",{${quoted},"content":"${content}"}]`,
  },
  nchan: {
    delivery: Buffer.from(''),
    path: ({ room, extra }) => `/${extra ? 'pub' : 'sub'}/${room.name}`,
    joinsByUpgrade: true,
    message: envelope,
  },
};

function envelope({ quoted, group }, content) {
  return `{${quoted},"data":{"content":"${content}"}${group.ids ? `,"id":"${randomUUID()}"` : ''}}`;
}

/** The number tells the sender: nth * senders + sender. */
export const contentOf = (number, time, length) => `${number} ${time} `.padEnd(length, 'x');

/** The answer to the key that all requests have. */
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

export function requestOf(connection) {
  const { run, port } = connection;
  const lines = [
    `GET ${run.dialect.path(connection)} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Ends the process: what it was to measure can't be measured. */
export function die(reason) {
  console.error(`loadgen: ${reason}`);
  process.exit(1);
}

/** The command line, the same as bench/loadgen.c has, checked. `--spin` changes nothing here. */
export function readOptions() {
  const { dialect, mode, ports, group: texts, seconds, warmup, wait } = parsed();
  if (!dialect || !ports || !texts) die(USAGE);
  if (!Object.hasOwn(DIALECTS, dialect)) die(`--dialect: ${dialect} is not known\n${USAGE}`);
  if (!MODES.has(mode)) die(`--mode: ${mode} is not known\n${USAGE}`);
  const options = {
    dialect: DIALECTS[dialect],
    mode,
    wait,
    ports: ports.split(',').map((port) => number('--ports', port, 1)),
    seconds: number('--seconds', seconds, 1e-3),
    warmup: number('--warmup', warmup, 0),
    groups: texts.map(readGroup),
  };
  for (const group of options.groups) checkGroup(group, options);
  return options;
}

function parsed() {
  const flag = { type: /** @type {const} */ ('boolean'), default: false };
  const text = { type: /** @type {const} */ ('string') };
  const options = {
    dialect: text,
    mode: { ...text, default: 'load' },
    ports: text,
    seconds: { ...text, default: '5' },
    warmup: { ...text, default: '1' },
    spin: flag,
    wait: flag,
    group: { ...text, multiple: /** @type {const} */ (true) },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return die(`${error.message}\n${USAGE}`);
  }
}

function readGroup(text, index) {
  const group = { name: String(index), rooms: 1, members: 1000, senders: 1, payload: 128, sleepers: 0, ids: 0 };
  Object.assign(group, { index, on: [0], missed: 50 });
  for (const word of text.split(',')) {
    const [key, value] = word.split('=');
    if (value === undefined) die(`group: expected key=value, got ${word}\n${USAGE}`);
    if (key === 'name') group.name = value;
    else if (key === 'rate') group.rate = number(key, value, 1e-3);
    else if (key === 'on') group.on = value.split('+').map((port) => number(key, port, 0));
    else if (Object.hasOwn(LEAST, key)) group[key] = Math.trunc(number(key, value, LEAST[key]));
    else die(`group: ${key} is not known\n${USAGE}`);
  }
  return group;
}

function number(what, text, least) {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= least)) die(`${what}: expected a number from ${least}, got ${text}\n${USAGE}`);
  return value;
}

function checkGroup(group, { dialect, mode, ports, groups }) {
  const { name, rooms, members, senders, sleepers, window, rate, ids, on, from } = group;
  if (window && rate) die(`group ${name}: either window or rate`);
  if (ids && dialect !== DIALECTS.hubbub) die(`group ${name}: ids need the dialect hubbub`);
  const beyond = [...on, from ?? 0].find((index) => ports[index] === undefined);
  if (beyond !== undefined) die(`group ${name}: port ${beyond} is asked for, but there are ${ports.length}`);
  if (mode === 'resume' && (dialect !== DIALECTS.hubbub || rooms !== 1 || groups.length !== 1 || sleepers))
    die('resume: one group of one room, without sleepers, and the dialect hubbub');
  // Here senders are never members: nchan has no connection that does both, and who resumes must have been away.
  if (dialect === DIALECTS.nchan || mode === 'resume') group.from ??= on[0];
  const writers = group.from === undefined ? senders : 0;
  if (writers + sleepers > members) die(`group ${name}: more senders and sleepers than members`);
  if (sleepers === members) die(`group ${name}: at least one member must read`);
}
