import { expect } from 'vitest';
import { ChatClient } from './chat-client.js';

const ROOM = 'witnesses';
/** Below the rate limit, for two who take turns. */
const EVERY_MS = 40;

class Speaker {
  readonly client: ChatClient;
  readonly #name: string;
  #said = 0;

  constructor(name: string, client: ChatClient) {
    this.#name = name;
    this.client = client;
  }

  speak(): string {
    const content = `${this.#name} ${++this.#said}`;
    if (this.client.isOpen) this.client.send({ room: ROOM, data: { content } });
    return content;
  }

  /** What is said and was heard by somebody so far, and what should have been up to `last`. */
  expectHeard(by: ChatClient, last: string): void {
    const heard = by.contents(ROOM).filter((content) => String(content).startsWith(this.#name));
    const upTo = Number(last.split(' ')[1]);
    const expected = Array.from({ length: upTo }, (_, n) => `${this.#name} ${n + 1}`);
    expect(heard.slice(0, upTo)).toEqual(expected);
  }
}

/** Two people who chat all along while somebody else misbehaves. */
export class Witness {
  readonly #speakers: readonly Speaker[];
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  private constructor(speakers: readonly Speaker[]) {
    this.#speakers = speakers;
    this.#timer = setInterval(() => this.#speakers[this.#turn++ % 2]?.speak(), EVERY_MS);
  }

  static async start(port: number): Promise<Witness> {
    const names = ['Ada', 'Grace'];
    const connect = (name: string) => ChatClient.connect(port, { rooms: [ROOM], query: { name } });
    return new Witness(await Promise.all(names.map(async (name) => new Speaker(name, await connect(name)))));
  }

  /**
   * Nothing was noticed: every message came to both, once and in order, and nothing else did.
   *
   * @returns what others have said to all so far
   */
  async noticedNothing(): Promise<unknown[]> {
    const sentinel = `sentinel ${++this.#turn}`;
    const last = this.#speakers.map((speaker) => speaker.speak());
    this.#speakers[0]?.client.send({ data: { content: sentinel } });
    for (const { client } of this.#speakers) {
      for (const content of last) await client.hears(content, ROOM);
      await client.hears(sentinel);
      for (const [index, speaker] of this.#speakers.entries()) speaker.expectHeard(client, last[index] ?? '');
      expect(client.isOpen).toBe(true);
      expect(client.ofType('error').concat(client.ofType('gap'))).toEqual([]);
      const offsets = client.messages(ROOM).map(({ offset }) => offset);
      expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, n) => n + 1));
    }
    const contents = this.#speakers[0]?.client.contents() ?? [];
    return contents.filter((content) => !String(content).startsWith('sentinel'));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#speakers.map(({ client }) => client.close()));
  }
}
