import type { Batch } from '../../../src/ports/frame.js';
import { type Mutant, calls, later, sends, swappedSends } from './kit.js';

/** Faults: in what clients get. */
export const sendingMutants: readonly Mutant[] = [
  {
    name: 'drops the last frame of a batch',
    bites: ['sends the frames of a batch in order and intact'],
    chat: sends((batch) => ({ frames: batch.frames.slice(0, -1) })),
  },
  {
    name: 'turns a batch around',
    bites: ['sends the frames of a batch in order and intact'],
    chat: sends((batch) => ({ frames: batch.frames.toReversed() })),
  },
  {
    name: 'cuts long frames',
    bites: ['sends the frames of a batch in order and intact'],
    chat: sends((batch) => ({ frames: batch.frames.map((frame) => frame.subarray(0, 65_535)) })),
  },
  {
    name: 'drops every tenth batch',
    bites: ['sends batches in order, in one turn and over several'],
    chat: sends((batch, count) => (count % 10 === 0 ? undefined : batch)),
  },
  {
    name: 'swaps batches',
    bites: ['sends batches in order, in one turn and over several'],
    chat: swappedSends(),
  },
  {
    name: 'sends a batch to the first of many only',
    bites: ['sends one batch to many connections alike'],
    chat: (() => {
      const sent = new WeakSet<Batch>();
      return sends((batch) => {
        if (sent.has(batch)) return undefined;
        sent.add(batch);
        return batch;
      });
    })(),
  },
  {
    name: 'lets single frames wait for a turn',
    bites: ['keeps the order of shared batches and single frames'],
    chat: calls((real) => ({
      send: (batch) => (batch.frames.length === 1 ? later(() => real.send(batch)) : real.send(batch)),
    })),
  },
  {
    name: 'sends a batch once to a connection',
    bites: ['sends a batch as often as it is told to'],
    chat: calls((real) => {
      const sent = new WeakSet<Batch>();
      return {
        send(batch) {
          if (!sent.has(batch)) real.send(batch);
          sent.add(batch);
        },
      };
    }),
  },
  {
    name: 'masks the frames in place',
    bites: ['leaves the bytes of frames alone'],
    chat: sends((batch) => {
      const copy = { frames: batch.frames.map((frame) => frame.slice()) };
      for (const frame of batch.frames) frame.fill(0x20);
      return copy;
    }),
  },
  {
    name: 'sends a frame for an empty batch',
    bites: ['takes an empty batch for nothing'],
    chat: sends((batch) => (batch.frames.length === 0 ? { frames: [new Uint8Array()] } : batch)),
  },
];
