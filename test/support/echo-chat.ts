import { batch } from '../../src/contract/transport/frames.js';
import { RecordingChat } from '../../src/contract/transport/recorder.js';
import type { ConnectionPort } from '../../src/ports/connection-port.js';
import type { Admission, ChatSession } from '../../src/ports/chat-port.js';

/** A domain that admits everybody, writes down what it is told, and sends each text back. */
export class EchoChat extends RecordingChat {
  constructor() {
    super(10_000);
  }

  override open(connection: ConnectionPort, admission: Admission): ChatSession {
    const session = super.open(connection, admission);
    const recorded = this.sessions.at(-1);
    if (recorded !== undefined) recorded.onReceived = (text) => recorded.connection.send(batch(text));
    return session;
  }
}
