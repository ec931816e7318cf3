import type { Publication, PublishResult, SubscribeResult } from '../../src/ports/broadcast-port.js';
import type { Frame } from '../../src/ports/frame.js';
import type { Faults } from './bus-harness.js';

/** A broadcaster that breaks the contract in one way. */
export interface Mutant extends Faults {
  /** What it does wrong. */
  readonly name: string;
  /** Cases that must notice. Others may, too: one fault often breaks several promises. */
  readonly bites: readonly string[];
}

export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Changes the text of a frame. */
export function edited(frame: Frame, edit: (text: string) => string): Frame {
  return Buffer.from(edit(Buffer.from(frame).toString()));
}

/** Moves the position that a result names. */
export function moved<T extends PublishResult | SubscribeResult>(result: T, by: number): T {
  if (result.status === 'subscribed' && result.position) {
    return { ...result, position: { ...result.position, offset: result.position.offset + by } };
  }
  if (result.status === 'published' && result.receipt.position) {
    const { position } = result.receipt;
    return { ...result, receipt: { ...result.receipt, position: { ...position, offset: position.offset + by } } };
  }
  return result;
}

export function withoutOnce({ id, ts, head, tail }: Publication): Publication {
  return { id, ts, head, tail };
}
