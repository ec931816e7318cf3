import type { BroadcastReceiver, Channel, Position } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { Watch } from '../in-time.js';
import { frameLine, hex } from './messages.js';

/** Writes down what a broadcaster tells its pod, one line a message, and wakes who waits for it. */
export class Recorder implements BroadcastReceiver {
  readonly #lines = new Map<Channel, string[]>();
  readonly #watch: Watch;

  /** What was announced so far. */
  readonly announcements: string[] = [];

  /** Called within each call of the broadcaster, after the line was written: for cases about re-entrancy. */
  hook: ((channel: Channel) => void) | undefined;

  constructor(deadlineMs: number) {
    this.#watch = new Watch(deadlineMs);
  }

  published(channel: Channel, first: number, frames: readonly Frame[]): void {
    // Where no log is kept every frame has the number 0.
    this.#write(
      channel,
      frames.map((frame, index) => frameLine(first === 0 ? 0 : first + index, frame)),
    );
  }

  lost(channel: Channel, from: number, to: number): void {
    this.#write(channel, [`lost ${from}..${to}`]);
  }

  reset(channel: Channel, position: Position): void {
    this.#write(channel, [`reset ${position.epoch} ${position.offset}`]);
  }

  foreign(channel: Channel, payload: Uint8Array): void {
    this.#write(channel, [`foreign ${hex(payload)}`]);
  }

  announced(text: string): void {
    this.announcements.push(text);
    this.#watch.wake();
  }

  /** What was told of a channel so far. */
  lines(channel: Channel): readonly string[] {
    return this.#lines.get(channel) ?? [];
  }

  /** The channels of which anything was told. */
  channels(): readonly Channel[] {
    return [...this.#lines.keys()];
  }

  /** Waits until the line was told, at whatever place. */
  async until(channel: Channel, wanted: string): Promise<void> {
    await this.#watch.until(
      () => this.lines(channel).includes(wanted),
      () => {
        const told = this.lines(channel).map((told) => told.slice(0, 200));
        return `never told of ${JSON.stringify(channel)}: ${wanted.slice(0, 200)}; told: ${JSON.stringify(told.slice(-20))}`;
      },
    );
  }

  /** Waits until it was announced. */
  async untilAnnounced(text: string): Promise<void> {
    await this.#watch.until(
      () => this.announcements.includes(text),
      () => `${text} was never announced; announced: ${JSON.stringify(this.announcements.slice(-20))}`,
    );
  }

  #write(channel: Channel, lines: readonly string[]): void {
    const told = this.#lines.get(channel);
    if (told === undefined) this.#lines.set(channel, [...lines]);
    else told.push(...lines);
    this.#watch.wake();
    this.hook?.(channel);
  }
}
