import { HIGH_WATER_MARK } from '../adapters/ws/options.js';
import { PART_BYTES } from '../domain/frames.js';

/** Acks, errors and gaps of one burst, and the headers of all frames. */
const SMALL_FRAMES_BYTES = 64 * 1024;

/**
 * The least that may wait for one client, in bytes. Below it a client that reads promptly could be closed: a connection
 * just under the mark takes one more part of a room, and then the answer of a `history` that was already being read.
 */
export const SEND_BUFFER_BYTES_MIN = HIGH_WATER_MARK + 2 * PART_BYTES + SMALL_FRAMES_BYTES;
