import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ATTACKER = fileURLToPath(new URL('worst-attacker.mjs', import.meta.url));

type Counts = Readonly<Record<string, number>>;

/** What came of one role of an attacker. */
export interface Tally {
  readonly opened: number;
  readonly frames: number;
  readonly bytes: number;
  readonly acks: number;
  /** Frames besides acks and errors. */
  readonly heard: number;
  /** By error code. */
  readonly errors: Counts;
  /** Upgrades, by HTTP status. */
  readonly refused: Counts;
  /** By close code. */
  readonly closed: Counts;
}

export interface AttackerOptions {
  readonly port: number;
  /** What its rooms and ids begin with. */
  readonly who: string;
  /** The address that it comes from. */
  readonly from: string;
  /** Connections at once. */
  readonly slots: number;
  /** Milliseconds that a connection lasts on average. */
  readonly playMs: number;
  /** Milliseconds for which all of its connections do the same: a third of a period. */
  readonly togetherMs: number;
  /** Which third that is. */
  readonly togetherIn: 0 | 1 | 2;
  /** What it says to everybody. */
  readonly toAll: string;
  /** A guest's secret; without it and a token each connection is a new guest. */
  readonly session?: string;
  readonly token?: string;
  /** @default all there are */
  readonly roles?: readonly string[];
}

/** An attacker in a process of its own, so that it takes no time from the crowd that chats meanwhile. */
export class Attacker {
  readonly who: string;
  readonly #child: ChildProcess;
  #tallies: Readonly<Record<string, Tally>> = {};
  #stopped = false;
  #failure: string | undefined;

  constructor(options: AttackerOptions) {
    this.who = options.who;
    this.#child = fork(ATTACKER, [JSON.stringify(options)]);
    this.#child.on('message', (tallies) => (this.#tallies = tallies as Readonly<Record<string, Tally>>));
    this.#child.on('exit', (code) => {
      if (!this.#stopped) this.#failure = `${this.who} ended by itself, with ${code}`;
    });
  }

  /** Why it has not attacked to the end. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** A line per role, for people. */
  get report(): string[] {
    const played = Object.entries(this.#tallies).filter(
      ([, { opened, refused }]) => opened > 0 || show(refused) !== '',
    );
    return played.map(([role, tally]) => {
      const { opened, frames, bytes, acks, heard, errors, refused, closed } = tally;
      const sent = `${opened} connections, ${frames} frames, ${Math.round(bytes / 2 ** 20)} MiB`;
      const brought = `${acks} acks, ${heard} other frames${show(errors, '; errors ')}`;
      const ended = `${show(refused, '; refused ')}${show(closed, '; closed ')}`;
      return `${this.who}, ${role}: ${sent}; ${brought}${ended}`;
    });
  }
}

function show(counts: Counts, head = ''): string {
  const pairs = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return pairs.length === 0 ? '' : head + pairs.join(', ');
}
