/**
 * One JSON object of the wire protocol as UTF-8 bytes. MUST NOT be changed after it was made: the same bytes are
 * shared by every connection that gets them.
 */
export type Frame = Uint8Array;

/**
 * Frames that go out together, in order, to as many connections as stand at the same place. One object is handed to
 * all of them, so a transport that needs another encoding (WebSocket headers, say) makes it once and remembers it by
 * the identity of the batch.
 */
export interface Batch {
  readonly frames: readonly Frame[];
}
