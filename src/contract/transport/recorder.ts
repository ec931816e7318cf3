import type { Admission, ChatPort, ChatSession, Knock } from '../../ports/chat-port.js';
import type { Refusal } from '../../ports/refusal.js';
import type { ConnectionPort } from '../../ports/connection-port.js';
import { inTime, Watch } from '../in-time.js';
import { batch } from './frames.js';

/** The first frame of every connection. */
export const WELCOME = '{"type":"welcome"}';

/** A domain that admits everybody, sends nothing but the welcome, and writes down what it is told. */
export class RecordingChat implements ChatPort {
  readonly knocks: Knock[] = [];
  readonly sessions: RecordingSession[] = [];
  /** What was told in breach of the order that the port demands. */
  readonly breaches: string[] = [];
  readonly #watch: Watch;
  readonly #deadlineMs: number;

  /** Answers a knock; replaced by cases. */
  reply: (knock: Knock) => Admission | Refusal | Promise<Admission | Refusal> = admit;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    this.#watch = new Watch(deadlineMs);
  }

  async knock(knock: Knock): Promise<Admission | Refusal> {
    this.knocks.push(knock);
    this.wake();
    return this.reply(knock);
  }

  open(connection: ConnectionPort, admission: Admission): ChatSession {
    const session = new RecordingSession(this, connection, admission);
    if (this.sessions.some((other) => other.admission === admission)) this.breach('open() twice for one admission');
    this.sessions.push(session);
    session.connection.send(batch(WELCOME));
    this.wake();
    return session;
  }

  breach(what: string): void {
    this.breaches.push(what);
    this.wake();
  }

  wake(): void {
    this.#watch.wake();
  }

  /** Waits until the condition holds; it is looked at whenever the transport told something. */
  until(condition: () => boolean, wanted: string): Promise<void> {
    return this.#watch.until(condition, () => `missing: ${wanted}`);
  }

  /** Fails where the promise takes longer than the deadline. */
  inTime<T>(promise: Promise<T>, wanted: string): Promise<T> {
    return inTime(promise, this.#deadlineMs, () => `missing: ${wanted}`);
  }
}

/** One connection, written down. */
export class RecordingSession implements ChatSession {
  readonly admission: Admission;
  /** The connection, behind a watch for calls back into the session. */
  readonly connection: ConnectionPort;
  readonly texts: string[] = [];
  drains = 0;
  closes = 0;
  /** Called within `received` and `drained`. */
  onReceived: ((text: string) => void) | undefined;
  readonly #chat: RecordingChat;
  #within: string | undefined;

  constructor(chat: RecordingChat, connection: ConnectionPort, admission: Admission) {
    this.#chat = chat;
    this.admission = admission;
    this.connection = this.#watched(connection);
  }

  received(text: string): void {
    this.#told('received()');
    this.texts.push(text);
    this.onReceived?.(text);
    this.#chat.wake();
  }

  drained(): void {
    this.#told('drained()');
    if (!this.connection.writable) this.#chat.breach('drained() while not writable');
    this.drains += 1;
    this.#chat.wake();
  }

  closed(): void {
    this.#told('closed()');
    this.closes += 1;
    this.#chat.wake();
  }

  #told(what: string): void {
    if (this.closes > 0) this.#chat.breach(`${what} after closed()`);
    if (this.#within !== undefined) this.#chat.breach(`${what} within ${this.#within}`);
  }

  #watched(connection: ConnectionPort): ConnectionPort {
    const during = (name: string, call: () => void): void => {
      const outer = this.#within;
      this.#within = name;
      try {
        call();
      } catch (error) {
        this.#chat.breach(`${name} threw ${String(error)}`);
      } finally {
        this.#within = outer;
      }
    };
    return {
      get writable() {
        return connection.writable;
      },
      send: (frames) => during('send()', () => connection.send(frames)),
      pause: () => during('pause()', () => connection.pause()),
      resume: () => during('resume()', () => connection.resume()),
      close: (code, reason) => during('close()', () => connection.close(code, reason)),
    };
  }
}

/** A new admission for a knock. */
export function admit(knock: Knock): Admission {
  const identity = { user: { id: 'ada', name: 'Ada' } };
  return { identity, address: knock.address, rooms: [], protocol: undefined };
}
