import { once } from 'node:events';
import { WebSocket } from 'ws';
import { chatUrl, type ChatFrame } from '../chat-client.js';
import type { AbusedPod } from './abused-pod.js';
import type { Query } from './neighbour.js';
import type { Said } from './said.js';
import { within } from './scale.js';
import { answersOf, expectationOf, faultOfError } from './verdict.js';

/** Well below the 1,000 in 10 s that end a connection. */
const ERRORS_MAX = 600;

/** Sends texts to a pod and judges all that comes back. Goes on with a new connection before errors end the old one. */
export class FrameAttacker {
  readonly #pod: AbusedPod;
  readonly #name: string;
  readonly #said: Said;
  readonly #proof: Query;
  readonly #entered = new Set<string>();
  #ws: WebSocket | undefined;
  #inbox: ChatFrame[] = [];
  #wake: () => void = () => {};
  #errors = 0;
  /** The code that the pod closed with, though it had no reason to. */
  #ended: number | undefined;

  /** @param proof what it brings to the door. Always the same user: their ids are remembered for ten minutes */
  constructor(pod: AbusedPod, name: string, said: Said, proof: Query = { session: `canary-session-${name}-------` }) {
    this.#pod = pod;
    this.#name = name;
    this.#said = said;
    this.#proof = proof;
  }

  /**
   * Sends all texts at once. Answers what was wrong with what came back: every valid id has to be answered once, in a
   * known way, the connection has to go on, and only what was said in a room may come from it.
   */
  async attempt(texts: readonly string[]): Promise<{ readonly faults: string[]; readonly frames: ChatFrame[] }> {
    const ws = await this.#connection();
    // A half of a surrogate pair can't be sent as such.
    const sendable = texts.map((text) => text.replaceAll(/\p{Cs}/gu, '\ufffd'));
    const filled = sendable.map((text, n) => text.replaceAll('#ID#', `${n}`).replaceAll('#ME#', this.#name));
    const expectations = filled.map(expectationOf);
    for (const { message, joins } of expectations) {
      if (joins !== undefined) this.#entered.add(joins);
      if (!message) continue;
      this.#said.add(message.room, message.data);
      if (message.room === undefined) this.#pod.crowd.said.add(undefined, message.data);
    }
    for (const text of filled) ws.send(text);
    ws.send('{"type":"ping","id":"the end"}');
    const ended = (): boolean => this.#inbox.some(({ type, re }) => type === 'pong' && re === 'the end');
    while (!ended() && ws.readyState === WebSocket.OPEN) {
      await within(new Promise<void>((resolve) => (this.#wake = resolve)), 'an answer to a ping behind the frames');
    }
    const frames = this.#inbox;
    this.#inbox = [];
    this.#errors += frames.filter(({ type }) => type === 'error').length;
    if (this.#errors > ERRORS_MAX) await this.leave();
    return { faults: this.#judge(frames, expectations), frames };
  }

  async leave(): Promise<void> {
    const ws = this.#ws;
    this.#ws = undefined;
    if (!ws || ws.readyState === WebSocket.CLOSED) return;
    const closed = once(ws, 'close');
    ws.close(1000);
    await closed;
  }

  async #connection(): Promise<WebSocket> {
    if (this.#ws?.readyState === WebSocket.OPEN) return this.#ws;
    const ws = new WebSocket(chatUrl(this.#pod.port, { query: this.#proof }), { perMessageDeflate: false });
    this.#inbox = [];
    this.#errors = 0;
    this.#ended = undefined;
    this.#entered.clear();
    ws.on('message', (data: Buffer) => {
      this.#inbox.push(JSON.parse(data.toString()) as ChatFrame);
      this.#wake();
    });
    ws.on('close', (code) => {
      if (ws === this.#ws) this.#ended = code;
      this.#wake();
    });
    while (this.#inbox[0]?.type !== 'welcome') await within(once(ws, 'message'), 'the welcome');
    this.#inbox = [];
    this.#ws = ws;
    return ws;
  }

  #judge(frames: readonly ChatFrame[], expectations: Parameters<typeof answersOf>[0]): string[] {
    const { counts, least, most } = answersOf([...expectations, { id: 'the end', hopeless: false }]);
    const faults = this.#ended === undefined ? [] : [`closed with ${this.#ended}`];
    let nameless = 0;
    for (const frame of frames) {
      if (['ack', 'error', 'pong'].includes(frame.type)) {
        if (frame.re === undefined) nameless += 1;
        else counts.set(frame.re, (counts.get(frame.re) ?? 0) - 1);
        const fault = frame.type === 'error' && faultOfError(frame);
        if (fault) faults.push(fault);
        const stored = frame.data?.messages ?? [];
        for (const message of stored) if (!this.#mayHear(message)) faults.push(`leaked: ${JSON.stringify(message)}`);
      } else if (frame.type !== 'gap' && !this.#mayHear(frame)) faults.push(`leaked: ${JSON.stringify(frame)}`);
    }
    for (const [id, open] of counts)
      if (open !== 0) faults.push(`the id ${JSON.stringify(id)} has ${open} answers to go`);
    if (nameless < least || nameless > most) faults.push(`${nameless} answers without id, not ${least} to ${most}`);
    return faults;
  }

  #mayHear({ room, data }: ChatFrame): boolean {
    return (room === undefined || this.#entered.has(room)) && this.#said.has(room, data);
  }
}
