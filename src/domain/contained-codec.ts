import type { CodecPort, Fault, Foreign, Request } from '../ports/codec-port.js';
import type { Frame } from '../ports/frame.js';
import type { Logger } from '../ports/system.js';

const FAULT: Fault = { verb: 'fault', code: 'bad_request', message: 'the server failed to read this frame' };

/** A codec that refuses a frame at which the one behind it throws. */
export class ContainedCodec implements CodecPort {
  readonly #codec: CodecPort;
  readonly #logger: Logger;

  constructor(codec: CodecPort, logger: Logger) {
    this.#codec = codec;
    this.#logger = logger;
  }

  decode(text: string): Request | Fault {
    try {
      return this.#codec.decode(text);
    } catch (cause) {
      this.#logger.error('the codec failed', { cause });
      return FAULT;
    }
  }

  decodeForeign(payload: Uint8Array): Foreign | undefined {
    try {
      return this.#codec.decodeForeign(payload);
    } catch (cause) {
      this.#logger.error('the codec failed', { cause });
      return undefined;
    }
  }

  byteLength(text: string): number {
    return this.#codec.byteLength(text);
  }

  encode(text: string): Frame {
    return this.#codec.encode(text);
  }
}
