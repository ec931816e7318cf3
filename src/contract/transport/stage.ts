import assert from 'node:assert/strict';
import { DEADLINE_MS } from '../in-time.js';
import type {
  ConnectOptions,
  RunningTransport,
  TransportCapability,
  TransportClient,
  TransportHarness,
  TransportRefusal,
  TransportSettings,
} from './harness.js';
import { RecordingChat, type RecordingSession, WELCOME } from './recorder.js';

/** One thing that a transport must do. */
export interface TransportCase {
  readonly name: string;
  /** Differences from the settings of the suite. */
  readonly settings?: Partial<TransportSettings>;
  /** What it needs that not every transport has. */
  readonly needs?: TransportCapability;
  readonly run: (stage: Stage) => Promise<void>;
}

/** A client and the session at the other end. */
export interface Pair {
  readonly client: TransportClient;
  readonly session: RecordingSession;
}

/** What a case plays on: a transport that runs, a domain that writes down, and clients. */
export class Stage {
  readonly chat: RecordingChat;
  readonly settings: TransportSettings;
  readonly #transport: RunningTransport;
  readonly #clients: TransportClient[] = [];

  private constructor(chat: RecordingChat, settings: TransportSettings, transport: RunningTransport) {
    this.chat = chat;
    this.settings = settings;
    this.#transport = transport;
  }

  static async open(harness: TransportHarness, settings: TransportSettings): Promise<Stage> {
    const chat = new RecordingChat(harness.deadlineMs ?? DEADLINE_MS);
    return new Stage(chat, settings, await harness.start(chat, settings));
  }

  /** A client that was let in and has had its welcome. */
  async pair(options: ConnectOptions = {}): Promise<Pair> {
    const before = this.chat.sessions.length;
    const client = await this.knock(options);
    assert.equal(client.kind, 'connected', 'an admitted client was refused');
    const session = this.chat.sessions[before];
    assert.ok(session, 'open() was not called for an admitted client');
    assert.equal(await this.next(client), WELCOME, 'the first frame is what was sent within open()');
    return { client, session };
  }

  /** A client that is let in or refused. */
  async knock(options: ConnectOptions = {}): Promise<TransportClient | TransportRefusal> {
    const client = await this.chat.inTime(this.#transport.connect(options), 'an answer to a knock');
    if (client.kind === 'connected') this.#clients.push(client);
    return client;
  }

  /** The next frame of a client, in time. */
  next(client: TransportClient): Promise<string> {
    return this.chat.inTime(client.next().catch(ended), 'a frame at the client');
  }

  /** The next frames of a client, in time. */
  async take(client: TransportClient, count: number): Promise<readonly string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(await this.next(client));
    return texts;
  }

  /** How a client's connection ended, in time. */
  ended(client: TransportClient): Promise<{ readonly code: number; readonly reason: string }> {
    return this.chat.inTime(client.closed, 'the end of a connection at the client');
  }

  /** Waits until a session was told that it is closed. */
  gone(session: RecordingSession): Promise<void> {
    return this.chat.until(() => session.closes > 0, 'closed()');
  }

  /** A text there and a frame back: all that the client sent before has been received. */
  async roundTrip({ client, session }: Pair, text: string, answer: () => void): Promise<string> {
    client.send(text);
    await this.chat.until(() => session.texts.at(-1) === text, `the text ${text}`);
    answer();
    return this.next(client);
  }

  /** A later turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Stops the transport. */
  stop(): Promise<void> {
    return this.chat.inTime(this.#transport.stop(), 'the end of the transport');
  }

  /** Ends everything, then checks what holds for every connection of every case. */
  async strike(): Promise<void> {
    for (const client of this.#clients) client.kill();
    await this.stop();
    await this.turn();
    assert.deepEqual(this.chat.breaches, [], 'no rule of ChatPort and ConnectionPort is broken in any case');
    const closes = this.chat.sessions.map((session) => session.closes);
    assert.deepEqual(
      closes,
      closes.map(() => 1),
      'closed() is told exactly once for each connection',
    );
  }
}

function ended(): never {
  assert.fail('the connection ended where a frame was due');
}
