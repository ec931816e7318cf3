import type { TransportSettings } from '../../../src/contract/transport/harness.js';
import type { Admission, ChatPort, ChatSession, Knock } from '../../../src/ports/chat-port.js';
import type { Refusal } from '../../../src/ports/refusal.js';
import type { ConnectionPort } from '../../../src/ports/connection-port.js';
import type { Batch } from '../../../src/ports/frame.js';

/** A fault put between the real transport and the suite's domain. */
export interface Mutant {
  readonly name: string;
  /** Cases that must notice. */
  readonly bites: readonly string[];
  readonly chat?: (chat: ChatPort) => ChatPort;
  readonly settings?: Partial<TransportSettings>;
}

type Reply = Admission | Refusal;

export const later = (task: () => void): void => void setImmediate(task);

/** Changes what is asked and answered at the door. */
export function door(change: (knock: (knock: Knock) => Promise<Reply>, asked: Knock) => Promise<Reply>) {
  return (chat: ChatPort): ChatPort => ({
    knock: (asked) => change((knock) => chat.knock(knock), asked),
    open: (connection, admission) => chat.open(connection, admission),
  });
}

/** Changes the knock on its way in. */
export const knocks = (change: (knock: Knock) => Knock) => door((knock, asked) => knock(change(asked)));

/** Changes the answer on its way out. */
export const replies = (change: (reply: Reply) => Reply) => door(async (knock, asked) => change(await knock(asked)));

/** Changes what the domain does to a connection. The session is there from the first turn on. */
export function calls(
  change: (real: ConnectionPort, session: () => ChatSession | undefined) => Partial<ConnectionPort>,
) {
  return (chat: ChatPort): ChatPort => ({
    knock: (asked) => chat.knock(asked),
    open(real, admission) {
      let session: ChatSession | undefined;
      const port: ConnectionPort = {
        get writable() {
          return real.writable;
        },
        send: (batch) => real.send(batch),
        pause: () => real.pause(),
        resume: () => real.resume(),
        close: (code, reason) => real.close(code, reason),
      };
      // By descriptors, so that a getter stays one.
      Object.defineProperties(port, Object.getOwnPropertyDescriptors(change(real, () => session)));
      session = chat.open(port, admission);
      return session;
    },
  });
}

/** Changes what the domain is told of a connection. */
export function events(change: (real: ChatSession, connection: ConnectionPort) => Partial<ChatSession>) {
  return (chat: ChatPort): ChatPort => ({
    knock: (asked) => chat.knock(asked),
    open(connection, admission) {
      const real = chat.open(connection, admission);
      return {
        received: (text) => real.received(text),
        drained: () => real.drained(),
        closed: () => real.closed(),
        ...change(real, connection),
      };
    },
  });
}

/** Sends another batch than it was given, from the second on: the welcome comes through. */
export function sends(change: (batch: Batch, count: number) => Batch | undefined) {
  return calls((real) => {
    let count = -1;
    return {
      send(batch) {
        count += 1;
        const changed = count === 0 ? batch : change(batch, count);
        if (changed !== undefined) real.send(changed);
      },
    };
  });
}

/** Holds every second call back until the next, which then goes first. */
export function swapped<T>(act: (value: T) => void): (value: T) => void {
  let held: { readonly value: T } | undefined;
  return (value) => {
    if (held === undefined) {
      held = { value };
      return;
    }
    act(value);
    act(held.value);
    held = undefined;
  };
}

/** Swaps batches, two by two, but for the welcome. */
export function swappedSends() {
  return calls((real) => {
    const swap = swapped((batch: Batch) => real.send(batch));
    let welcomed = false;
    return {
      send(batch) {
        if (welcomed) swap(batch);
        else real.send(batch);
        welcomed = true;
      },
    };
  });
}
