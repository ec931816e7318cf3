import { describe, expect, it } from 'vitest';
import { Ledger, type Sight } from '../support/faults/ledger.js';

const ROOM = 'lobby';

/** Three messages that were sent, acked, and seen by two members. */
function healthy(): Ledger {
  const ledger = new Ledger();
  for (const reader of ['ada', 'grace']) joins(ledger, reader, 0);
  for (const offset of [1, 2, 3]) {
    publishes(ledger, offset);
    for (const reader of ['ada', 'grace']) sees(ledger, reader, offset);
  }
  return ledger;
}

function joins(ledger: Ledger, reader: string, offset: number, rest: Partial<Sight> = {}): void {
  ledger.saw(reader, ROOM, { kind: 'joined', at: { epoch: 'e1', offset }, ...rest } as Sight);
}

function publishes(ledger: Ledger, offset: number, id = `s${offset}`, epoch = 'e1'): void {
  ledger.sent(id, ROOM, 'c1');
  ledger.acked(id, { epoch, offset, message: `m${offset}` });
}

function sees(ledger: Ledger, reader: string, offset: number, sending = `s${offset}`, message = `m${offset}`): void {
  ledger.saw(reader, ROOM, { kind: 'message', offset, sending, message });
}

function toldOf(ledger: Ledger, reader: string, cause: string, from: number, to: number, epoch = 'e1'): void {
  ledger.saw(reader, ROOM, { kind: 'gap', cause, from, to, epoch });
}

function faultsOf(ledger: Ledger): string {
  return ledger.audit().faults.join('; ');
}

describe('the ledger finds nothing wrong with', () => {
  it('messages that came once, in order, to everyone', () => {
    const figures = { sent: 3, acked: 3, refused: 0, lost: 0, repeated: 0, gaps: 0, faults: [] };
    expect(healthy().audit()).toEqual(figures);
  });

  it('a hole that a gap covers', () => {
    const ledger = healthy();
    for (const offset of [4, 5, 6]) publishes(ledger, offset);
    for (const offset of [4, 5, 6]) sees(ledger, 'ada', offset);
    toldOf(ledger, 'grace', 'slow_consumer', 4, 5);
    sees(ledger, 'grace', 6);
    expect(ledger.audit()).toMatchObject({ faults: [], gaps: 1, lost: 0 });
  });

  it('a reset, and what is published anew after it', () => {
    const ledger = healthy();
    for (const reader of ['ada', 'grace']) toldOf(ledger, reader, 'reset', 1, 0, 'e2');
    publishes(ledger, 1, 's4', 'e2');
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 1, 's4');
    expect(ledger.audit()).toMatchObject({ faults: [], gaps: 2 });
  });

  it('a member that resumes, and one that is told what it can not have', () => {
    const ledger = healthy();
    for (const offset of [4, 5]) publishes(ledger, offset);
    const since = { epoch: 'e1', offset: 3 };
    joins(ledger, 'ada', 5, { since, recovered: true });
    for (const offset of [4, 5]) sees(ledger, 'ada', offset);
    joins(ledger, 'grace', 5, { since, recovered: false });
    toldOf(ledger, 'grace', 'expired', 4, 4);
    sees(ledger, 'grace', 5);
    expect(ledger.audit()).toMatchObject({ faults: [], gaps: 1 });
  });

  it('a member that left, and a message that was refused', () => {
    const ledger = healthy();
    ledger.saw('grace', ROOM, { kind: 'left' });
    publishes(ledger, 4);
    sees(ledger, 'ada', 4);
    ledger.sent('s5', ROOM, 'c1');
    ledger.refused('s5', false);
    expect(ledger.audit()).toMatchObject({ faults: [], refused: 1 });
  });

  it('a message of which nobody knows, that came all the same', () => {
    const ledger = healthy();
    ledger.sent('s4', ROOM, 'c1');
    ledger.refused('s4', true);
    ledger.refused('s4', false);
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 4);
    expect(ledger.audit()).toMatchObject({ faults: [], refused: 0 });
  });
});

describe('the ledger finds', () => {
  it('a message lost at the end', () => {
    const ledger = healthy();
    publishes(ledger, 4);
    sees(ledger, 'ada', 4);
    expect(ledger.audit().lost).toBe(1);
    expect(faultsOf(ledger)).toContain('grace has not seen s4');
  });

  it('one that the sender alone was told of', () => {
    const ledger = healthy();
    publishes(ledger, 4);
    expect(ledger.audit().lost).toBe(2);
  });

  it('a hole without a gap', () => {
    const ledger = healthy();
    for (const offset of [4, 5]) publishes(ledger, offset);
    for (const offset of [4, 5]) sees(ledger, 'ada', offset);
    sees(ledger, 'grace', 5);
    expect(faultsOf(ledger)).toContain('grace in lobby missed 4..4');
    expect(ledger.audit().lost).toBe(1);
  });

  it('a gap that covers too little', () => {
    const ledger = healthy();
    toldOf(ledger, 'ada', 'expired', 5, 6);
    expect(faultsOf(ledger)).toContain('missed 4..4 of e1 before a gap');
  });

  it('a repeat', () => {
    const ledger = healthy();
    sees(ledger, 'ada', 3);
    expect(ledger.audit().repeated).toBe(1);
  });

  it('a repeat under another offset', () => {
    const ledger = healthy();
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 4, 's3', 'm4');
    expect(ledger.audit().repeated).toBe(1);
    expect(faultsOf(ledger)).toContain('s3 stands at 3 and at 4');
  });

  it('a reorder', () => {
    const ledger = healthy();
    for (const offset of [4, 5]) publishes(ledger, offset);
    for (const offset of [4, 5]) sees(ledger, 'ada', offset);
    for (const offset of [5, 4]) sees(ledger, 'grace', offset);
    expect(faultsOf(ledger)).toContain('out of order');
  });

  it('two contents at one offset', () => {
    const ledger = healthy();
    for (const id of ['s4', 's5']) ledger.sent(id, ROOM, 'c1');
    sees(ledger, 'ada', 4, 's4', 'm4');
    sees(ledger, 'grace', 4, 's5', 'm5');
    expect(faultsOf(ledger)).toContain('other contents at 4');
  });

  it('an ack of another place than where the message stands', () => {
    const ledger = healthy();
    publishes(ledger, 4, 's4');
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 4, 's5', 'm5');
    ledger.sent('s5', ROOM, 'c1');
    ledger.acked('s5', { epoch: 'e1', offset: 5, message: 'm5' });
    expect(faultsOf(ledger)).toContain('an ack has other contents at 4');
  });

  it('a refused message that was delivered', () => {
    const ledger = healthy();
    ledger.sent('s4', ROOM, 'c1');
    ledger.refused('s4', false);
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 4);
    expect(faultsOf(ledger)).toContain('s4 was refused and delivered');
  });

  it('a message that nobody sent, and one that nobody answered', () => {
    const ledger = healthy();
    for (const reader of ['ada', 'grace']) sees(ledger, reader, 4, 'forged');
    ledger.sent('s5', ROOM, 'c1');
    expect(faultsOf(ledger)).toContain('forged was delivered and never sent');
    expect(faultsOf(ledger)).toContain('s5 was never answered');
  });

  it('a connection whose messages changed places', () => {
    const ledger = healthy();
    ledger.sent('s4', ROOM, 'c1');
    ledger.sent('s5', ROOM, 'c1');
    ledger.acked('s4', { epoch: 'e1', offset: 5, message: 'm4' });
    ledger.acked('s5', { epoch: 'e1', offset: 4, message: 'm5' });
    expect(faultsOf(ledger)).toContain('s5 was sent after s4 on c1 and stands before it');
  });

  it('a recovery that is none', () => {
    const ledger = healthy();
    for (const offset of [4, 5]) publishes(ledger, offset);
    for (const offset of [4, 5]) sees(ledger, 'ada', offset);
    joins(ledger, 'grace', 5, { since: { epoch: 'e1', offset: 3 }, recovered: true });
    sees(ledger, 'grace', 5);
    expect(faultsOf(ledger)).toContain('grace in lobby missed 4..4');
  });

  it('a resume that ends in neither a recovery nor a gap', () => {
    const ledger = healthy();
    joins(ledger, 'ada', 3, { since: { epoch: 'e1', offset: 3 }, recovered: false });
    joins(ledger, 'ada', 3);
    expect(faultsOf(ledger)).toContain('where a gap was owed');
  });

  it('an acked message that is not in the history', () => {
    const ledger = healthy();
    const stored = [1, 3].map((offset) => ({ epoch: 'e1', offset, sending: `s${offset}`, message: `m${offset}` }));
    ledger.stored(ROOM, stored);
    expect(faultsOf(ledger)).toBe('s2 was acked and is not in the history');
  });

  it('a history that tells another story than the members', () => {
    const ledger = healthy();
    ledger.stored(ROOM, [{ epoch: 'e1', offset: 3, sending: 's1', message: 'm1' }]);
    expect(faultsOf(ledger)).toContain('the history has other contents at 3');
  });

  it('a member that was never told of a reset', () => {
    const ledger = healthy();
    toldOf(ledger, 'ada', 'reset', 1, 0, 'e2');
    publishes(ledger, 1, 's4', 'e2');
    sees(ledger, 'ada', 1, 's4');
    expect(faultsOf(ledger)).toContain('grace in lobby stands in e1');
  });
});
