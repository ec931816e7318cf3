/*
 * The load generator for machines without a C compiler: the command line, the checks and the results of loadgen.c, which
 * says what is counted when. It is slower: figures that it limits are lower bounds (`busy` tells), and what it sends by
 * a schedule leaves up to a millisecond late.
 *
 * One thread: the benchmark gives it one core, and threads would have to tell each other of every delivery, since the
 * window of a room counts those of all its members.
 */
import { createHistogram, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './loadgen-connection.mjs';
import { die, readOptions } from './loadgen-options.mjs';

/** Connections on their way at the same time. */
const AT_ONCE = 256;
const JOIN_MS = 15_000;

/** After the end, what is still on its way gets this long; silence for this long means that it will not come. */
const DRAIN_MS = 3_000;
const SILENCE_MS = 1_500;

const FAULTS_MAX = 10;
const TEXT_MAX = 255;

/** What a connection needs to know of the run, and tells it. Times are in milliseconds. */
const run = {
  ...readOptions(),
  now: 0,
  /** Latencies count for messages that were due in this time. */
  from: 0,
  until: 0,
  lastDelivery: 0,
  ready: 0,
  expected: 0,
  joined() {},

  /** The room may send again, or must at least be looked at, at the end of this turn. */
  touch(room) {
    if (!sending || room.group.window === undefined) return;
    touched.add(room);
    endTurnLater();
  },

  flushLater(connection) {
    dirty.push(connection);
    endTurnLater();
  },
};

const touched = new Set();
const dirty = [];
let turnEnds = false;
let sending = false;

const connections = [];
let sample = 0;
const groups = run.groups.map((group) => makeGroup(group));
const rooms = groups.flatMap((group) => group.room);

const start = performance.now();
await connectAll(connections);
print({ event: 'ready', connections: connections.length, seconds: rounded((performance.now() - start) / 1000) });
const words = run.mode === 'connect' || run.wait ? createInterface({ input: process.stdin }) : undefined;
const nextWord = words?.[Symbol.asyncIterator]();
if (run.mode === 'connect') while (await goOn()) continue;
else if (!run.wait || (await goOn())) await (run.mode === 'load' ? load() : resume());
process.exit();

/** Waits for a word on stdin. Returns false where it says quit or ends. */
async function goOn() {
  const { value, done } = await nextWord.next();
  return !done && !value.startsWith('quit');
}

function makeGroup(options) {
  const group = {
    ...options,
    now: newTally(),
    latency: createHistogram(),
    checked: 0,
    gaps: 0,
    closed: 0,
    unacked: 0,
    faults: [],
    fault: (text) => void (group.faults.length < FAULTS_MAX && group.faults.push(text.slice(0, TEXT_MAX))),
  };
  group.room = Array.from({ length: group.rooms }, (_, index) => makeRoom(group, index));
  return group;
}

/** Counted anew when the warm-up is over. */
function newTally() {
  return { sent: 0, delivered: 0, received_bytes: 0, acks: 0 };
}

function makeRoom(group, index) {
  const name = `room-${group.index}-${index}`;
  const room = { group, index, name, quoted: `"room":"${name}"`, sent: 0, turn: 0 };
  // Members that read and are connected, and deliveries to them that are still to come.
  Object.assign(room, { live: group.members - group.sleepers, owed: 0 });
  room.members = Array.from({ length: group.members }, (_, member) => makeMember(room, member));
  room.senders = room.members.slice(0, group.senders);
  if (group.from !== undefined)
    room.senders = Array.from({ length: group.senders }, (_, sender) =>
      makeConnection(room, { index: group.members + sender, port: run.ports[group.from], extra: true }),
    );
  return room;
}

function makeMember(room, index) {
  const { members, sleepers, on } = room.group;
  const sleeper = index >= members - sleepers;
  const isSample = () => run.mode === 'resume' || (index === 0 && sample++ < 64) || connections.length % 97 === 96;
  const checked = !sleeper && isSample();
  return makeConnection(room, { index, port: run.ports[on[(room.index + index) % on.length]], sleeper, checked });
}

function makeConnection(room, options) {
  const usual = { place: connections.length, extra: false, sleeper: false, checked: false };
  const connection = new Connection(run, room, { ...usual, ...options });
  connections.push(connection);
  return connection;
}

/** Returns when all have joined. */
function connectAll(those) {
  const giveUp = () => die(`only ${run.ready} of ${those.length} connections have joined, none for 15 s`);
  const timer = setTimeout(giveUp, JOIN_MS);
  let next = 0;
  const openMore = () => {
    while (next < those.length && next - run.ready < AT_ONCE) those[next++].open();
  };
  Object.assign(run, { ready: 0, expected: those.length });
  return new Promise((resolve) => {
    run.joined = () => {
      run.ready++;
      timer.refresh();
      openMore();
      if (run.ready < those.length) return;
      clearTimeout(timer);
      resolve();
    };
    openMore();
  });
}

function endTurnLater() {
  if (!turnEnds) setImmediate(endTurn);
  turnEnds = true;
}

/** When all sockets that had something have been read: one write a connection, however many messages. */
function endTurn() {
  turnEnds = false;
  if (sending) for (const room of touched) keepWindow(room);
  touched.clear();
  for (const connection of dirty.splice(0)) connection.flush();
}

/** The window counts messages that have not reached all members: the next goes when one has. */
function keepWindow(room) {
  const now = performance.now();
  const most = (room.group.window - 1) * room.live;
  while (room.owed <= most) {
    const sender = room.live > 0 ? nextSender(room) : undefined;
    if (!sender) return;
    sender.send(now);
  }
}

/** Rooms of a group are spread over the interval, or they would all send at the same moment. */
async function keepSchedule(room, begin) {
  const { rate, rooms } = room.group;
  for (let tick = room.index / rooms; ; tick++) {
    const due = begin + (tick * 1000) / rate;
    if (due >= run.until) return;
    await until(due);
    if (!sending) return;
    nextSender(room)?.send(due);
  }
}

/** The next one of the room's senders that is still there. */
function nextSender(room) {
  for (let i = 0; i < room.senders.length; i++) {
    const sender = room.senders[room.turn++ % room.senders.length];
    if (sender.state === 'ready') return sender;
  }
}

async function until(time) {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) await delay(left);
}

async function load() {
  const begin = performance.now();
  run.from = begin + run.warmup * 1000;
  run.until = run.from + run.seconds * 1000;
  sending = true;
  for (const room of rooms) {
    run.touch(room);
    if (room.group.rate) void keepSchedule(room, begin);
  }
  await until(run.from);
  print({ event: 'start' });
  for (const group of groups) group.now = newTally();
  const before = { at: performance.now(), loop: performance.eventLoopUtilization() };
  await until(run.until);
  sending = false;
  const seconds = (performance.now() - before.at) / 1000;
  const busy = performance.eventLoopUtilization(before.loop).utilization;
  const measured = groups.map((group) => ({ ...group.now }));
  print({ event: 'stop' });
  await drain(DRAIN_MS);
  await wakeSleepers();
  const results = groups.map((group, index) => resultOf(group, measured[index], seconds));
  print({ event: 'result', seconds: rounded(seconds), busy: rounded(busy), groups: results });
}

/** All members are away while `missed` messages are sent, and come back at once. */
async function resume() {
  const [{ missed, now, faults }] = groups;
  const [room] = rooms;
  sendSome(room, 10);
  await drain(10_000);
  for (const member of room.members) member.leave();
  sendSome(room, missed);
  // The sender is in the room: what it has got is stored.
  const [sender] = room.senders;
  const sentAt = performance.now();
  while (sender.got < room.sent && performance.now() - sentAt < 10_000) await delay(1);
  if (sender.got < room.sent) die(`the sender got ${sender.got} of ${room.sent} messages`);
  now.delivered = 0;
  const begin = performance.now();
  await connectAll(room.members);
  await drain(30_000);
  const seconds = rounded((run.lastDelivery - begin) / 1000);
  print({ event: 'result', seconds, replayed: now.delivered, faults });
}

function sendSome(room, count) {
  const sender = nextSender(room) ?? die('the sender is gone');
  for (let i = 0; i < count; i++) sender.send(performance.now());
}

/** Nothing more is sent. Totals are compared once nothing comes any more; an overloaded server may not get that far. */
async function drain(patience) {
  const begin = performance.now();
  run.lastDelivery = begin;
  const isSilent = () => performance.now() - run.lastDelivery >= SILENCE_MS;
  while (owedByAll() > 0 && !isSilent() && performance.now() - begin < patience) await delay(10);
  if (owedByAll() > 0 && !isSilent()) return;
  await delay(100); // what comes twice comes now
  checkTotals();
}

function owedByAll() {
  const owed = [...rooms.map((room) => room.owed), ...groups.map((group) => group.unacked)];
  return owed.reduce((sum, each) => sum + Math.max(0, each), 0);
}

/** Every member that reads, checked or not, has got every message. */
function checkTotals() {
  for (const { room, state, sleeper, extra, got, name } of connections) {
    if (state !== 'ready' || sleeper || extra || got === room.sent) continue;
    room.group.fault(`${name}: got ${got} of ${room.sent} messages`);
  }
  for (const group of groups) if (group.unacked !== 0) group.fault(`${group.unacked} acks did not come`);
}

/** Those whose connection the server has ended notice it now. */
async function wakeSleepers() {
  const sleepers = connections.filter(({ sleeper }) => sleeper);
  for (const sleeper of sleepers) sleeper.wake();
  if (sleepers.length > 0) await delay(200);
}

function resultOf({ name, rooms, members, room, latency, checked, faults, gaps, closed }, tally, seconds) {
  const perSecond = Math.round(tally.delivered / seconds);
  const backlog = room.reduce((sum, { owed }) => sum + owed, 0);
  const counts = { ...tally, perSecond, checked, gaps, closed, backlog };
  return { name, rooms, members, ...counts, latency: latency.count > 0 ? pointsOf(latency) : null, faults };
}

function pointsOf(latency) {
  const at = (share) => rounded(latency.percentile(share) / 1e6);
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: rounded(latency.max / 1e6) };
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
