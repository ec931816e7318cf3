import type { PublishResult } from '../../ports/broadcast-port.js';
import { asList, asText } from './connection.js';
import type { Part, Waiting } from './part.js';
import { ID_LENGTH, type Arrival } from './payload.js';

/** What it is answered when it may have been stored. */
export const UNKNOWN: PublishResult = { status: 'unavailable', maybe: true };

/** What became of a part of a publish call. */
export interface Outcome {
  /** For each message, in order. */
  readonly results: readonly PublishResult[];
  /** What the log took, where it took all of it; otherwise what it took comes by the pub/sub alone. */
  readonly stored: Arrival | undefined;
  /** Why Redis did not take some of it. */
  readonly refusal: string | undefined;
}

/** Reads the answer of the publish script, which says how it is laid out. */
export function outcomeOf(part: Part, reply: unknown): Outcome {
  const [epochReply, ...answers] = asList(reply);
  const epoch = asText(epochReply);
  const [first] = answers;
  const { waiting } = part;
  const count = waiting.length;
  if (epoch.length === ID_LENGTH && answers.length === 1 && typeof first === 'number') {
    return {
      results: waiting.map(({ id, ts }, index) => published(id, ts, epoch, first + index)),
      refusal: undefined,
      stored: {
        epoch,
        first,
        count,
        get frames() {
          return part.frames(first);
        },
      },
    };
  }
  // It failed in the middle, and what it has done by then stays.
  if (epoch === '' && first !== undefined) {
    return { results: waiting.map(() => UNKNOWN), stored: undefined, refusal: refusalOf(first) };
  }
  if (epoch.length !== ID_LENGTH || answers.length !== count) {
    throw new Error(`publish script: expected ${count} results, got ${answers.length}`);
  }
  const results = waiting.map((message, index) => resultOf(message, epoch, answers[index]));
  return { results, stored: undefined, refusal: answers.map(refusalOf).find((refusal) => refusal !== undefined) };
}

function resultOf({ id, ts }: Waiting, epoch: string, answer: unknown): PublishResult {
  if (typeof answer === 'number') return published(id, ts, epoch, answer);
  const text = asText(answer);
  if (text === 'C') return { status: 'conflict' };
  if (!text.startsWith('D')) return { status: 'unavailable' };
  const [offset, firstTs, firstId] = text.slice(1).split(' ');
  return published(firstId ?? id, Number(firstTs), epoch, Number(offset));
}

function refusalOf(answer: unknown): string | undefined {
  const text = typeof answer === 'number' ? '' : asText(answer);
  return text.startsWith('E') ? text.slice(1) : undefined;
}

function published(id: string, ts: number, epoch: string, offset: number): PublishResult {
  return { status: 'published', receipt: { id, ts, position: { epoch, offset } } };
}
