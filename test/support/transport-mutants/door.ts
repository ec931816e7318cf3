import { type Mutant, door, knocks, replies } from './kit.js';

/** Faults: at the door. */
export const doorMutants: readonly Mutant[] = [
  {
    name: 'keeps one value of a query',
    bites: ['passes the knock as it came'],
    chat: knocks((knock) => ({ ...knock, query: new URLSearchParams({ room: knock.query.get('room') ?? '' }) })),
  },
  {
    name: 'trims what it passes',
    bites: ['passes the headers as they came'],
    chat: knocks((knock) => ({ ...knock, authorization: knock.authorization?.replace('Bearer ', '') })),
  },
  {
    name: 'sorts the subprotocols',
    bites: ['passes the subprotocols in the order offered'],
    chat: knocks((knock) => ({ ...knock, protocols: knock.protocols.toSorted() })),
  },
  {
    name: 'answers the first subprotocol offered',
    bites: ['answers the subprotocol of the admission and no other'],
    chat: door(async (knock, asked) => ({ ...(await knock(asked)), protocol: asked.protocols[0] })),
  },
  {
    name: 'puts an empty text where nothing was brought',
    bites: ['leaves out what the client did not bring'],
    chat: knocks((knock) => ({ ...knock, origin: knock.origin ?? '' })),
  },
  {
    name: 'lets the refused in',
    bites: ['answers a refusal with its status, code and message'],
    chat: door(async (knock, asked) => {
      await knock(asked);
      return { identity: { user: { id: 'eve', name: 'Eve' } }, address: '', rooms: [], protocol: undefined };
    }),
  },
  {
    name: 'has one status for all refusals',
    bites: ['answers a refusal with its status, code and message'],
    chat: replies((reply) => ('status' in reply ? { ...reply, status: 400 } : reply)),
  },
  {
    name: 'forgets Retry-After',
    bites: ['says when to come back where the refusal does'],
    chat: replies((reply) => {
      if (!('status' in reply)) return reply;
      const { status, code, message } = reply;
      return { status, code, message };
    }),
  },
  {
    name: 'does not wait for the answer',
    bites: ['lets nobody in before the answer'],
    chat: door(async (knock, asked) => {
      void knock(asked);
      return { identity: { user: { id: 'eve', name: 'Eve' } }, address: '', rooms: [], protocol: undefined };
    }),
  },
  {
    name: 'opens twice',
    bites: ['opens once for an admission, with that admission'],
    chat: (chat) => ({
      knock: (asked) => chat.knock(asked),
      open(connection, admission) {
        chat.open({ ...connection, send: () => {} }, admission);
        return chat.open(connection, admission);
      },
    }),
  },
];
