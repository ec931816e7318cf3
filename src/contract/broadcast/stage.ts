import assert from 'node:assert/strict';
import type {
  BroadcastPort,
  Channel,
  Position,
  Publication,
  ReadQuery,
  ReadResult,
} from '../../ports/broadcast-port.js';
import { DEADLINE_MS, inTime } from '../in-time.js';
import type { BroadcastCapability, BroadcastHarness } from './harness.js';
import { line, message } from './messages.js';
import { Recorder } from './recorder.js';

/** One test of the suite before it is bound to a harness. */
export interface BroadcastCase {
  readonly name: string;
  /** What it needs beyond what its group needs. */
  readonly needs?: readonly BroadcastCapability[];
  /** @default what its group has */
  readonly historySize?: number;
  readonly run: (stage: Stage) => Promise<void>;
}

/** Where the promises of a log are kept, an answer has a position. */
export interface Stored {
  readonly id: string;
  readonly ts: number;
  readonly position: Position;
}

const HEALTH_POLL_MS = 5;

/** A namespace of one case, and the pods in it. */
export class Stage {
  readonly harness: BroadcastHarness;
  readonly historySize: number;
  readonly deadlineMs: number;
  readonly #namespace = `c-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
  readonly #pods: Pod[] = [];

  constructor(harness: BroadcastHarness, historySize: number) {
    this.harness = harness;
    this.historySize = historySize;
    this.deadlineMs = harness.deadlineMs ?? DEADLINE_MS;
  }

  /** Opens a pod, starts it and waits until it hears its broker. */
  async pod(): Promise<Pod> {
    const port = await this.harness.open(this.#namespace, { historySize: this.historySize });
    const pod = new Pod(port, this.deadlineMs);
    this.#pods.push(pod);
    await settled(port.start(pod.recorder), this.deadlineMs, 'start');
    const deadline = Date.now() + this.deadlineMs;
    while (!port.health.ready) {
      assert.ok(Date.now() < deadline, `not ready after start: ${JSON.stringify(port.health)}`);
      await new Promise((resolve) => setTimeout(resolve, HEALTH_POLL_MS));
    }
    return pod;
  }

  /** Opens several pods of one broker. */
  async pods(count: number): Promise<Pod[]> {
    return await Promise.all(Array.from({ length: count }, () => this.pod()));
  }

  async publishForeign(channel: Channel, payload: Uint8Array): Promise<void> {
    assert.ok(this.harness.publishForeign, 'a harness without publishForeign declares the waiver "foreign"');
    await this.harness.publishForeign(this.#namespace, channel, payload);
  }

  async expire(): Promise<void> {
    assert.ok(this.harness.expire, 'a harness without expire declares the waiver "expiry"');
    await this.harness.expire(this.#namespace);
  }

  async close(): Promise<void> {
    await Promise.all(this.#pods.map((pod) => settled(pod.port.close(), this.deadlineMs, 'close')));
  }
}

/** A started broadcaster, what it told, and its methods with the expectation that they succeed. */
export class Pod {
  readonly port: BroadcastPort;
  readonly recorder: Recorder;
  readonly #deadlineMs: number;

  constructor(port: BroadcastPort, deadlineMs: number) {
    this.port = port;
    this.recorder = new Recorder(deadlineMs);
    this.#deadlineMs = deadlineMs;
  }

  /** Publishes, and expects a receipt that belongs to the publication. */
  async publish(channel: Channel, publication: Publication): Promise<Stored> {
    const receipt = await this.receipt(channel, publication);
    const { id, ts, once } = publication;
    const key = once ? `. The key ${JSON.stringify(once.key)} was taken for one that was used before` : '';
    assert.equal(receipt.id, id, `a message that is new gets a receipt with its own id${key}`);
    assert.equal(receipt.ts, ts, 'a message that is new gets a receipt with its own time');
    return receipt;
  }

  /** Publishes, and expects any receipt with a position: a repetition gets that of the first. */
  async receipt(channel: Channel, publication: Publication): Promise<Stored> {
    const result = await this.settled(this.port.publish(channel, publication), 'publish');
    assert.ok(result.status === 'published', `expected publish to answer published, got ${JSON.stringify(result)}`);
    const { id, ts, position } = result.receipt;
    assert.ok(position, 'a broadcaster that keeps a log gives a position');
    return { id, ts, position: { epoch: position.epoch, offset: position.offset } };
  }

  /** Publishes all in one turn and gives the receipts in the same order. */
  async publishAll(channel: Channel, publications: readonly Publication[]): Promise<Stored[]> {
    return await Promise.all(publications.map((publication) => this.publish(channel, publication)));
  }

  async subscribe(channel: Channel): Promise<Position> {
    const result = await this.settled(this.port.subscribe(channel), 'subscribe');
    assert.ok(result.status === 'subscribed', `expected subscribe to answer subscribed, got ${JSON.stringify(result)}`);
    assert.ok(result.position, 'a broadcaster that keeps a log gives a position');
    return { epoch: result.position.epoch, offset: result.position.offset };
  }

  async read(channel: Channel, query: ReadQuery): Promise<Extract<ReadResult, { status: 'read' }>> {
    const result = await this.settled(this.port.read(channel, query), 'read');
    assert.ok(result.status === 'read', `expected read to answer read, got ${JSON.stringify(result)}`);
    return result;
  }

  /**
   * Everything that was told of a subscribed channel until now. A sentinel published behind it proves that nothing of
   * it is still on its way.
   *
   * @param by who publishes the sentinel: the pod itself, if not given
   */
  async heard(channel: Channel, by: Pod = this): Promise<readonly string[]> {
    const sentinel = message('sentinel');
    const { position } = await by.publish(channel, sentinel);
    const last = line(sentinel, position.offset);
    await this.recorder.until(channel, last);
    const told = this.recorder.lines(channel);
    return told.slice(0, told.indexOf(last));
  }

  settled<T>(promise: T | Promise<T>, what: string): Promise<T> {
    return settled(promise, this.#deadlineMs, what);
  }
}

/** Every promise of the port settles. */
function settled<T>(promise: T | Promise<T>, deadlineMs: number, what: string): Promise<T> {
  return inTime(promise, deadlineMs, () => `${what} did not settle within ${deadlineMs} ms`);
}
