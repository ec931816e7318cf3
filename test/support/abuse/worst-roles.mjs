/*
 * What an attacker does with one connection. A role names what it asks for at the door, and goes on until its
 * connection is over: who plays it ends that.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { frameOf } from './worst-client.mjs';
import { astral, fresh, growing, heavy, longId, manyRooms, textOf } from './worst-frames.mjs';

const HISTORY_ASKED = 20;
const HEAVY_FRAMES = 15;
/** How often one that does not read shows that it is alive, in milliseconds. */
const SIP_MS = 1000;
const BUSY = ['busy-1', 'busy-2', 'busy-3', 'busy-4'];

const HEAVY = heavy('fill');
const GROWING = growing();
const PING = frameOf('x'.repeat(125), { opcode: 9 });

function nth(list, n) {
  return list[n % list.length];
}

function query(rooms) {
  return rooms.map((room) => `room=${encodeURIComponent(room)}`).join('&');
}

function message(room, data, id) {
  return frameOf(`{"room":${JSON.stringify(room)},"data":${data}${id ? `,"id":${JSON.stringify(id)}` : ''}}`);
}

async function readSlowly(client) {
  while (!client.over) {
    await pause(SIP_MS);
    client.sip();
  }
}

/** Asks for more than it takes, so that what comes behind has to wait, and sends what is heavy when parsed. */
const hoard = {
  query: () => 'room=fill',
  async play(client, { turn }) {
    client.stopReading();
    const ask = (n) => textOf({ type: 'history', room: 'fill', id: `h${n}`, data: { limit: 100 } });
    await client.send(Array.from({ length: HISTORY_ASKED }, (_, n) => ask(n)));
    void readSlowly(client);
    for (let n = 0; n < HEAVY_FRAMES; n++) await client.send(nth(HEAVY, turn));
  },
};

/** Leaves a full history in one new room after the other. */
const rooms = {
  query: () => '',
  async play(client, { who }) {
    for (let n = 0; !client.over; n++) {
      const room = `${who}-grown-${fresh()}`;
      await client.send(textOf({ type: 'join', room }));
      for (let m = 0; m < 16; m++) await client.send(message(room, nth(GROWING, n + m)));
      await client.send(textOf({ type: 'leave', room }));
    }
  },
};

/** Stays in a hundred rooms that it fills. */
const rings = {
  query: ({ who }) => query(Array.from({ length: 100 }, (_, n) => `${who}-ring-${fresh()}-${n}`)),
  async play(client, { who, asked }) {
    const names = [...asked.matchAll(/room=([^&]+)/g)].map(([, name]) => decodeURIComponent(name));
    for (let n = 0; !client.over; n++) await client.send(message(nth(names, n) ?? who, nth(GROWING, n)));
  },
};

/** Small messages with the longest ids, some of which are said again of something else. */
const receipts = {
  query: ({ who }) => query([`${who}-receipts`]),
  async play(client, { who }) {
    const room = `${who}-receipts`;
    while (!client.over) {
      const ids = Array.from({ length: 16 }, () => [longId(who), astral(64)]).flat();
      await client.send([message(room, '1', ids[0]), ...ids.map((id) => message(room, '0', id))]);
    }
  },
};

/** Enters ever new rooms of the longest names, a hundred a connection, and is gone. */
const names = {
  query: ({ who }) => manyRooms(who),
  async play(client) {
    for (let n = 0; n < 100 && !client.over; n++) {
      await client.send(textOf({ type: 'join', room: astral(128), id: longId('n') }));
    }
    await pause(200);
    client.leave();
  },
};

/** Publishes with ids and asks nonsense, and never reads the acks and errors. */
const unread = {
  query: ({ who }) => query([`${who}-unread`]),
  async play(client, { who }) {
    client.stopReading();
    const nonsense = [
      frameOf('{'),
      textOf({ type: 'no such type!', id: astral(64) }),
      frameOf('{"type":"ping"}'),
      PING,
    ];
    for (let n = 0; !client.over; n++) {
      const said = Array.from({ length: 16 }, () => message(`${who}-unread`, '0', longId(who)));
      await client.send([...said, nth(nonsense, n)]);
    }
  },
};

/** Resumes and reads history without end, of rooms that hold as much as a room may. */
const reads = {
  query: () => query(['fill', ...BUSY]),
  async play(client, { turn }) {
    if (turn % 2 === 1) client.stopReading();
    if (turn % 2 === 1) void readSlowly(client);
    for (let n = 0; !client.over; n++) {
      const room = nth(['fill', ...BUSY], n);
      const since = { epoch: client.epoch, offset: 0 };
      await client.send(textOf({ type: 'join', room, id: `${n}`, ...(client.epoch && { data: { since } }) }));
      await client.send(textOf({ type: 'history', room, id: `h${n}`, data: { limit: 100, after: 0 } }));
      if (n % 20 === 19) await pause(200);
    }
  },
};

/** Is in busy rooms, and takes a little of them now and then. */
const slow = {
  query: () => query(BUSY),
  async play(client) {
    client.stopReading();
    await readSlowly(client);
  },
};

/** Keeps rooms busy with the longest messages. */
const busy = {
  query: () => query(BUSY),
  async play(client, { who }) {
    for (let n = 0; !client.over; n++) await client.send(message(nth(BUSY, n), nth(GROWING, n), longId(who)));
  },
};

/** Speaks to everybody. */
const everybody = {
  query: () => '',
  async play(client, { toAll }) {
    const text = textOf({ data: toAll });
    while (!client.over) {
      await client.send(text);
      await pause(20);
    }
  },
};

/** Fragments of a message that never ends, and pings between them. */
const fragments = {
  query: () => '',
  async play(client) {
    await client.send(frameOf(`{"data":"${'x'.repeat(60)}`, { fin: false }));
    const piece = frameOf('y'.repeat(64), { opcode: 0, fin: false });
    for (let n = 0; n < 1000; n++) await client.send(piece);
    client.stopReading();
    while (!client.over) {
      await client.send(Array.from({ length: 50 }, () => PING));
      await pause(20);
    }
  },
};

/** The longest query there is, of which the name and the room are kept. It says very little then. */
const queries = {
  query: ({ isGuest, who }) => {
    const named = isGuest ? `name=${encodeURIComponent(astral(64))}&` : '';
    return `${named}room=${who}-q-${fresh()}&x=${'x'.repeat(15_000 - named.length)}`;
  },
  async play(client) {
    for (let n = 0; !client.over; n++) {
      await client.send(textOf({ type: 'join', room: `q-${fresh()}`, id: longId('q') }));
      await pause(100);
    }
  },
};

export const ROLES = {
  hoard,
  rooms,
  rings,
  receipts,
  names,
  unread,
  reads,
  slow,
  busy,
  everybody,
  fragments,
  queries,
};
