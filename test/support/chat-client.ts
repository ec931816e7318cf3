import { randomUUID } from 'node:crypto';
import { WebSocket, type ClientOptions } from 'ws';

/** How long a test waits for anything, in milliseconds. */
export const DEADLINE_MS = 5000;

/** A frame of the server; which members it has depends on its type. */
export interface ChatFrame {
  readonly type: string;
  readonly room?: string;
  readonly re?: string;
  readonly id?: string;
  readonly from?: { readonly id: string; readonly name: string };
  readonly ts?: number;
  readonly offset?: number;
  readonly data: {
    readonly [member: string]: unknown;
    readonly content?: unknown;
    readonly code?: string;
    readonly epoch?: string;
    readonly offset?: number;
    readonly messages?: readonly ChatFrame[];
  };
}

/** A frame to the server. */
export interface ChatRequest {
  readonly type?: string;
  readonly room?: string;
  readonly data?: unknown;
  readonly id?: string;
}

export interface ConnectOptions {
  /** Joined by the query; `connect` waits for their acks. */
  readonly rooms?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

const CONTROL: ReadonlySet<string> = new Set(['welcome', 'ack', 'error', 'pong', 'gap', 'draining']);

/** The endpoint of a pod on this machine. */
export function chatUrl(port: number, { rooms = [], query = {} }: ConnectOptions = {}): string {
  const params = new URLSearchParams(query);
  for (const room of rooms) params.append('room', room);
  return `ws://127.0.0.1:${port}/api/chat-api/ws?${params.toString()}`;
}

/** A chat client over a real socket. It keeps every frame it got, in order. */
export class ChatClient {
  readonly frames: ChatFrame[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #ws: WebSocket;
  #wake = new Set<() => void>();

  private constructor(url: string, protocols: readonly string[], options: ClientOptions) {
    this.#ws = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options });
    this.#ws.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as ChatFrame);
      this.#tell();
    });
    this.#ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.#ws.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#tell();
      });
    });
  }

  /** Connects, and waits for the welcome and for the rooms that the query asks for. */
  static async connect(port: number, options: ConnectOptions = {}): Promise<ChatClient> {
    const { rooms = [], headers = {}, protocols = [] } = options;
    const client = new ChatClient(chatUrl(port, options), protocols, { headers });
    await client.until(() => client.frames[0], 'the welcome');
    await client.until(() => client.frames.filter(({ type }) => type === 'ack').length >= rooms.length, 'its rooms');
    return client;
  }

  get welcome(): ChatFrame {
    const [first] = this.frames;
    if (first?.type !== 'welcome') throw new Error(`expected a welcome, got ${JSON.stringify(first)}`);
    return first;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Bytes sent that the socket has not taken yet. */
  get unsent(): number {
    return this.#ws.bufferedAmount;
  }

  /** The messages of a room, or of the global channel, with whatever type they have. */
  messages(room?: string): ChatFrame[] {
    return this.frames.filter((frame) => !CONTROL.has(frame.type) && frame.room === room);
  }

  /** What the messages say. */
  contents(room?: string): unknown[] {
    return this.messages(room).map(({ data }) => data.content);
  }

  ofType(type: string): ChatFrame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  send(frame: ChatRequest): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#ws.send(text);
  }

  /** Sends a request and waits for its answer. */
  async request(frame: ChatRequest): Promise<ChatFrame> {
    const id = frame.id ?? randomUUID();
    const seen = this.frames.length;
    this.send({ ...frame, id });
    return this.until(
      () => this.frames.slice(seen).find(({ re }) => re === id),
      `the answer to ${frame.type ?? 'chat'}`,
    );
  }

  /** Publishes, and answers what the ack says. */
  async say(content: unknown, room?: string): Promise<ChatFrame['data']> {
    const answer = await this.request({ data: { content }, ...(room !== undefined && { room }) });
    if (answer.type !== 'ack') throw new Error(`expected an ack, got ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** Waits for a message that says this. */
  hears(content: unknown, room?: string): Promise<ChatFrame> {
    const find = (): ChatFrame | undefined => this.messages(room).find(({ data }) => data.content === content);
    return this.until(find, `the message ${JSON.stringify(content)}`);
  }

  /** Waits until a condition of this client is met. */
  async until<T>(find: () => T | undefined | false, what: string, deadlineMs = DEADLINE_MS): Promise<T> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.#ws.readyState === WebSocket.CLOSED) throw new Error(`the connection is closed, without ${what}`);
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`not within ${deadlineMs} ms: ${what}; got ${JSON.stringify(this.frames.slice(-5))}`);
      await this.#changed(left);
    }
  }

  /** Says goodbye and waits for the answer. */
  async close(): Promise<void> {
    this.#ws.close(1000);
    await this.closed;
  }

  /** Goes without a word. */
  async kill(): Promise<void> {
    this.#ws.terminate();
    await this.closed;
  }

  #changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#wake.add(done);
    });
  }

  #tell(): void {
    for (const wake of this.#wake) wake();
  }
}
