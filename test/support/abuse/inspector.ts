import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from './scale.js';

/** What a pod holds when everything that can be collected is. */
export interface Vitals {
  /** Bytes of JavaScript objects. */
  readonly heap: number;
  /** Bytes of buffers. */
  readonly buffers: number;
  /** TCP sockets, the one that listens not counted. */
  readonly sockets: number;
  /** Whatever else keeps the process alive: timers, requests under way. */
  readonly others: number;
}

const LOOK = `(() => {
  const { heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const sockets = resources.filter((name) => name === 'TCPSocketWrap').length;
  return { heap: heapUsed, buffers: external, sockets, others: resources.length - sockets };
})()`;

interface Answer {
  readonly id: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** Looks into a process that runs with `--inspect`, from outside: the product knows nothing of it. */
export class Inspector {
  readonly #ws: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async attach(url: string): Promise<Inspector> {
    const ws = new WebSocket(url, { perMessageDeflate: false });
    await once(ws, 'open');
    return new Inspector(ws);
  }

  /** Collects all garbage, then looks. */
  async vitals(): Promise<Vitals> {
    // What a first collection finalizes is free for the second.
    for (let n = 0; n < 2; n++) await this.#call('HeapProfiler.collectGarbage');
    const { result } = await this.#call('Runtime.evaluate', { expression: LOOK, returnByValue: true });
    return result?.result?.value as Vitals;
  }

  detach(): void {
    this.#ws.terminate();
  }

  async #call(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#calls;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#ws.send(JSON.stringify({ id, method, params }));
    const answer = await within(answered, `${method} by the inspector`);
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer;
  }
}
