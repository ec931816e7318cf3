import type { Channel, Publication } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { messageText } from '../../domain/message-text.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { encodePayload } from './payload.js';

/** What one payload carries. */
const PAYLOAD_FRAMES = 512;
const PAYLOAD_BYTES = 256 * 1024;
/** What Redis may owe an answer to; above that other pods miss it, as is the deal without a log. */
const UNANSWERED_BYTES = 32 * 1024 * 1024;

/** Tells other pods what is published without a log: at most once, one payload a channel and turn. */
export class PlainPublisher {
  readonly #link: Link;
  readonly #keys: Keys;
  readonly #pod: string;
  readonly #channels = new Map<Channel, Frame[]>();
  #bytes = 0;
  #count = 0;

  constructor(link: Link, keys: Keys, pod: string) {
    this.#link = link;
    this.#keys = keys;
    this.#pod = pod;
  }

  publish(channel: Channel, frame: Frame): void {
    if (this.#link.seal === undefined || this.#bytes + frame.length > UNANSWERED_BYTES) return;
    if (this.#channels.size === 0) setImmediate(() => this.#flush());
    this.#bytes += frame.length;
    const frames = this.#channels.get(channel);
    if (frames) frames.push(frame);
    else this.#channels.set(channel, [frame]);
  }

  #flush(): void {
    const { commands, seal = '' } = this.#link;
    for (const [channel, frames] of this.#channels) {
      for (const part of split(frames)) {
        const payload = encodePayload(seal, this.#pod, ++this.#count, part);
        const bytes = part.reduce((sum, { length }) => sum + length, 0);
        const answered = (): void => void (this.#bytes -= bytes);
        commands.publish(this.#keys.channel(channel), payload).then(answered, answered);
      }
    }
    this.#channels.clear();
  }
}

/** The frame of a publication without an offset. */
export function plainFrame(publication: Publication): Buffer {
  return Buffer.from(messageText(publication, 0));
}

function* split(frames: readonly Frame[]): Generator<readonly Frame[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, frame] of frames.entries()) {
    if (index > from && (bytes + frame.length > PAYLOAD_BYTES || index - from >= PAYLOAD_FRAMES)) {
      yield frames.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += frame.length;
  }
  yield frames.slice(from);
}
