/*
 * A connection of the load generator in Node: its way into the room, what it sends, and what comes in. Every frame is
 * counted by its first bytes; those of a sample are read whole: right room, nothing lost, repeated, swapped or changed.
 */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ACCEPT, TEXT, contentOf, die, requestOf } from './loadgen-options.mjs';

const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;

/** Connections from one source address: there are 28,000 ports by default. */
const PER_ADDRESS = 20_000;

/** All sockets read into this, one after the other, behind what is left of a cut frame. */
const REST_MAX = 1 << 20;
const input = Buffer.alloc(REST_MAX + 256 * 1024);
const NOTHING = Buffer.alloc(0);

/** A frame, to be written as latin1: masked, as a client must, but with key 0, which changes nothing. */
function frame(first, text) {
  const n = text.length;
  const size = n < 126 ? [n] : n < 65_536 ? [126, n >> 8, n & 255] : [127, 0, 0, 0, 0, n >> 24, n >> 16, n >> 8, n];
  return String.fromCharCode(first, 128 | size[0], ...size.slice(1).map((byte) => byte & 255), 0, 0, 0, 0) + text;
}

/** Its `run` (bench/loadgen.mjs) is told what happens to it, its `room` counts what it gets. */
export class Connection {
  /** @type {'new' | 'upgrading' | 'joining' | 'ready' | 'gone'} */
  state = 'new';
  got = 0;
  resumes = false;
  /** @type {number | undefined} the last one seen, where the room has offsets */
  offset;
  epoch;
  #sent = 0;
  #out = '';
  #rest = NOTHING;
  /** Bytes left of a delivery that needs no look. */
  #skip = 0;
  /** Those of the read at hand. */
  #deliveries = 0;
  #dialect;
  #socket;
  /** The next number of each sender. */
  #due;

  constructor(run, room, { index, place, port, extra, sleeper, checked }) {
    Object.assign(this, { run, room, index, place, port, extra, sleeper, checked });
    this.name = `${room.name}, ${extra ? 'sender' : 'member'} ${index}`;
    this.#dialect = run.dialect;
    this.#due = checked ? Array.from({ length: room.group.senders }, () => 0) : [];
  }

  open() {
    const { port, place } = this;
    const localAddress = place < PER_ADDRESS ? undefined : `127.0.0.${1 + Math.floor(place / PER_ADDRESS)}`;
    const isOurs = () => socket === this.#socket;
    const callback = (bytes) => void (isOurs() && this.#receive(bytes));
    const onread = { buffer: input.subarray(REST_MAX), callback };
    const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true, onread });
    socket.on('error', (error) => isOurs() && this.#lost(error.message));
    socket.on('close', () => isOurs() && this.#lost('the server ended the connection'));
    this.#socket = socket;
    this.state = 'upgrading';
    socket.write(requestOf(this));
  }

  /** Sends the room its next message, which was due at this time. */
  send(time) {
    const { group, senders, members } = this.room;
    const sender = this.extra ? this.index - members.length : this.index;
    const number = this.#sent++ * senders.length + sender;
    const content = contentOf(number, Math.round(time * 1e6), group.payload);
    this.push(TEXT, this.#dialect.message(this.room, content));
    this.room.sent++;
    this.room.owed += this.room.live;
    group.now.sent++;
    group.unacked += group.ids ? 1 : 0;
  }

  /** Puts a frame behind those that leave at the end of this turn of the event loop, with one write. */
  push(first, text) {
    if (this.#out === '') this.run.flushLater(this);
    this.#out += frame(first, text);
  }

  flush() {
    if (this.state !== 'gone' && this.#out !== '') this.#socket.write(this.#out, 'latin1');
    this.#out = '';
  }

  /** Goes away, to come back and resume. */
  leave() {
    if (this.state !== 'ready') die(`member ${this.index} is gone`);
    const socket = this.#socket;
    this.push(CLOSE, '\u0003\u00e8'); // 1000
    this.flush();
    this.#socket = undefined;
    socket.destroySoon();
    this.state = 'new';
    this.resumes = true;
    this.#rest = NOTHING;
    this.#skip = 0;
  }

  /** Reads again, so that a sleeper's end is seen: who does not read does not hear of it. */
  wake() {
    this.#socket.resume();
  }

  /** The position from which the room's messages are to come. One that resumes has its own: where it stopped. */
  keepPosition({ epoch, offset }) {
    if (!this.resumes) Object.assign(this, { epoch, offset });
  }

  #receive(bytes) {
    if (this.sleeper && this.state === 'ready') return;
    const end = REST_MAX + bytes;
    let at = REST_MAX - this.#rest.length;
    this.#rest.copy(input, at);
    this.room.group.now.received_bytes += bytes;
    this.run.now = performance.now();
    this.#deliveries = 0;
    for (let step = 1; step > 0 && at < end && this.state !== 'gone'; at += step) step = this.#take(at, end);
    if (end - at > REST_MAX) die(`${this.room.name}: a frame of more than ${REST_MAX} bytes`);
    this.#rest = at < end ? Buffer.from(input.subarray(at, end)) : NOTHING;
    if (this.#deliveries > 0) this.#count(this.#deliveries);
  }

  #count(deliveries) {
    const { room, run } = this;
    this.got += deliveries;
    if (this.extra || this.sleeper) return;
    room.group.now.delivered += deliveries;
    run.lastDelivery = run.now;
    if (this.state === 'ready') room.owed -= deliveries;
    run.touch(room);
  }

  /** Returns the bytes used, 0 where more are needed. A delivery that nobody looks at may be passed in parts. */
  #take(at, end) {
    if (this.state === 'upgrading') return this.#takeResponse(at, end);
    if (this.#skip > 0) return this.#pass(this.#skip, end - at);
    if (end - at < 2) return 0;
    const short = input[at + 1];
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (end - at < header) return 0;
    const length = header === 2 ? short : input.readUIntBE(at + (header === 4 ? 2 : 4), header === 4 ? 2 : 6);
    const first = input[at];
    if (short > 127 || (first !== TEXT && (first < CLOSE || first > PONG)))
      die(`${this.name}: a frame that this generator does not know: ${first}`);
    const payload = at + header;
    const { delivery } = this.#dialect;
    if (end - payload < Math.min(length, delivery.length)) return 0;
    const isDelivery =
      first === TEXT && this.state === 'ready' && length >= delivery.length && begins(payload, delivery);
    if (isDelivery && !this.checked) return this.#pass(header + length, end - at);
    if (end - payload < length) return 0;
    const text = input.toString('latin1', payload, payload + length);
    if (isDelivery) this.#check(text);
    else this.#takeFrame(first, text);
    return header + length;
  }

  #pass(bytes, available) {
    const step = Math.min(bytes, available);
    this.#skip = bytes - step;
    if (this.#skip === 0) this.#deliveries++;
    return step;
  }

  #takeResponse(at, end) {
    const text = input.toString('latin1', at, end);
    const length = text.indexOf('\r\n\r\n') + 4;
    if (length < 4) return 0;
    if (!text.startsWith('HTTP/1.1 101 ') || !text.slice(0, length).includes(ACCEPT))
      die(`${this.name} on port ${this.port}: expected 101 and the right Sec-WebSocket-Accept, got\n${text}`);
    this.state = 'joining';
    const greeting = this.#dialect.greeting?.(this);
    if (greeting) this.push(TEXT, greeting);
    if (this.#dialect.joinsByUpgrade) this.#becomeReady();
    return length;
  }

  #becomeReady() {
    this.state = 'ready';
    if (this.sleeper) this.#socket.pause();
    this.run.joined();
  }

  #takeFrame(first, text) {
    if (first === PING) this.push(PONG, text);
    else if (first === CLOSE) this.#takeClose(text);
    else if (first === TEXT && this.state === 'joining') this.#join(text);
    else if (first === TEXT) this.#takeText(text);
  }

  #join(text) {
    const kind = this.#dialect.kindOf?.(text);
    if (kind === 'error') die(`${this.room.name}: ${text}`);
    if (this.#dialect.join(this, text, kind)) this.#becomeReady();
  }

  #takeText(text) {
    const { group, name } = this.room;
    switch (this.#dialect.kindOf?.(text)) {
      case 'ack':
        group.now.acks++;
        group.unacked--;
        return;
      case 'gap':
        return this.#takeGap(text);
      case 'error':
        return group.fault(`${name}: ${text}`);
      case 'heartbeat':
        return this.push(TEXT, '3');
    }
  }

  /** Messages that will not come: they are not owed any more, and a fault, since only a sleeper may be too slow. */
  #takeGap(text) {
    const { room } = this;
    const { from, to, missed = to - from + 1 } = JSON.parse(text).data;
    if (to !== undefined) this.offset = to;
    room.group.gaps++;
    room.group.fault(`${this.name}: ${text}`);
    if (this.extra) return;
    this.got += missed;
    room.owed -= missed;
    this.run.touch(room);
  }

  #takeClose(text) {
    const code = text.length < 2 ? 1005 : (text.charCodeAt(0) << 8) | text.charCodeAt(1);
    this.push(CLOSE, text);
    this.flush();
    this.#lost(`closed with ${code} ${text.slice(2)}`);
  }

  #lost(reason) {
    const { room, run } = this;
    if (this.state === 'gone') return;
    if (this.state !== 'ready')
      die(`${this.name} on port ${this.port}: ${reason}, ${run.ready} of ${run.expected} are ready`);
    this.state = 'gone';
    this.#socket.destroySoon();
    room.group.closed++;
    if (this.sleeper) return;
    room.group.fault(`${this.name}: ${reason}`);
    if (this.extra) return;
    room.live--;
    room.owed -= room.sent - this.got;
    run.touch(room);
  }

  /** A delivery to one of the sample. */
  #check(text) {
    const { room, run } = this;
    const { group } = room;
    this.#deliveries++;
    group.checked++;
    const start = text.indexOf('"content":"') + 11;
    if (start < 11 || !text.includes(room.quoted))
      return group.fault(`${this.name}: not a message of this room: ${text}`);
    const content = text.slice(start, text.indexOf('"', start));
    this.#checkOffset(/"offset":(\d+)/.exec(text.slice(0, start))?.[1]);
    const [number, time] = content.split(' ', 2).map(Number);
    if (number >= 0) this.#checkNumber(number);
    if (content !== contentOf(number, time, group.payload)) group.fault(`${this.name}: changed on the way: ${text}`);
    if (time >= run.from * 1e6 && time < run.until * 1e6)
      group.latency.record(Math.max(1, Math.round(run.now * 1e6) - time));
  }

  /** Each sender's messages come in their order, each of them once. */
  #checkNumber(number) {
    const sender = number % this.#due.length;
    const nth = Math.floor(number / this.#due.length);
    const due = this.#due[sender];
    if (nth !== due) this.room.group.fault(`${this.name}: message ${nth} of sender ${sender} came, ${due} was due`);
    this.#due[sender] = nth + 1;
  }

  #checkOffset(digits) {
    if (digits === undefined) return;
    const offset = Number(digits);
    if (this.offset !== undefined && offset !== this.offset + 1)
      this.room.group.fault(`${this.name}: offset ${offset} came after ${this.offset}`);
    this.offset = offset;
  }
}

function begins(at, start) {
  for (let i = 0; i < start.length; i++) if (input[at + i] !== start[i]) return false;
  return true;
}
