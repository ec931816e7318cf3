import { expect } from 'vitest';
import { Neighbour, type Query, type Street } from './neighbour.js';
import { Said } from './said.js';
import { until } from './scale.js';

/** Within the rate limit that every client has. */
const EVERY_MS = 100;
/**
 * How often they speak before what they said must have come to all and be answered: 5 s. Turns are counted, as they pass
 * only while this process runs: what its own attackers or other programs take away from it is nobody's fault.
 */
const PATIENCE_TURNS = 50;
/** A room of those who behave. Nobody else joins it, but does all else to it. */
export const HOME = 'home';
const HOMES = [
  ['Ada', HOME],
  ['Grace', HOME],
  ['Alan', 'another-home'],
] as const;

export interface CrowdOptions {
  /** How often they speak before all of it must have come. @default 50 */
  readonly patienceTurns?: number;
  /** Whether they send again what is answered `unavailable`. @default false: it is a fault */
  readonly retries?: boolean;
}

/** People in two rooms who chat all along while somebody else misbehaves, and notice everything. */
export class Crowd {
  /** What others say to all has to be told here first: what else comes is a leak. */
  readonly said: Said;
  readonly #neighbours: readonly Neighbour[];
  readonly #street: Street;
  readonly #patienceTurns: number;
  readonly #timer: NodeJS.Timeout;
  /** How much each had said at the latest turns, the oldest first. */
  readonly #turns: ReadonlyMap<string, number>[] = [];
  /** Set once something was waited for in vain. */
  #late: string | undefined;

  private constructor(neighbours: readonly Neighbour[], street: Street, said: Said, patienceTurns: number) {
    this.#neighbours = neighbours;
    this.#street = street;
    this.said = said;
    this.#patienceTurns = patienceTurns;
    this.#timer = setInterval(() => this.#turn(), EVERY_MS);
  }

  /**
   * @param port the pod that all of them connect to, or the one of each by name
   * @param proof what each brings to the door, by name
   */
  static async gather(
    port: number | ((name: string) => number),
    proof: (name: string) => Query,
    { patienceTurns = PATIENCE_TURNS, retries = false }: CrowdOptions = {},
  ): Promise<Crowd> {
    const said = new Said();
    const isExpected = (data: unknown): boolean => said.has(undefined, data);
    const street: Street = { users: new Set(), said: new Map(), isExpected, retries };
    const portOf = typeof port === 'number' ? () => port : port;
    const neighbours: Neighbour[] = [];
    for (const [name, room] of HOMES) neighbours.push(await Neighbour.enter(portOf(name), proof(name), room, street));
    return new Crowd(neighbours, street, said, patienceTurns);
  }

  /** How often one of them was told `unavailable`. */
  get refused(): number {
    return this.#neighbours.reduce((sum, { refused }) => sum + refused, 0);
  }

  get leaked(): number {
    return this.#neighbours.reduce((sum, { leaks }) => sum + leaks.length, 0);
  }

  /**
   * All that was said came to those concerned, in time, once and in order, everything was answered, and nothing else came.
   */
  async noticedNothing(): Promise<void> {
    for (const neighbour of this.#neighbours) neighbour.speak();
    const target = new Map(this.#street.said);
    await until(() => this.#hasFault() || this.#heardUpTo(target), 'what was said, by all');
    if (this.#late !== undefined) throw new Error(this.#late);
    for (const { leaks, faults } of this.#neighbours) {
      expect(faults).toEqual([]);
      expect(leaks).toEqual([]);
    }
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#neighbours.map((neighbour) => neighbour.leave()));
  }

  #turn(): void {
    for (const neighbour of this.#neighbours) neighbour.speak();
    this.#turns.push(new Map(this.#street.said));
    const due = this.#turns.length > this.#patienceTurns ? this.#turns.shift() : undefined;
    if (!due || this.#heardUpTo(due)) return;
    const afterMs = this.#patienceTurns * EVERY_MS;
    this.#late ??= `not heard by all, or not answered, after ${afterMs} ms: ${JSON.stringify(Object.fromEntries(due))}`;
  }

  #hasFault(): boolean {
    const isWrong = ({ leaks, faults }: Neighbour): boolean => leaks.length + faults.length > 0;
    return this.#late !== undefined || this.#neighbours.some(isWrong);
  }

  #heardUpTo(target: ReadonlyMap<string, number>): boolean {
    return this.#neighbours.every(
      (reader) =>
        reader.answered >= (target.get(reader.user) ?? 0) &&
        this.#neighbours
          .filter(({ room }) => room === reader.room)
          .every(({ user }) => (reader.heard.get(user) ?? 0) >= (target.get(user) ?? 0)),
    );
  }
}
