import assert from 'node:assert/strict';
import type { Publication } from '../../ports/broadcast-port.js';
import { hex, line, lines, message, utf8 } from './messages.js';
import type { BroadcastCase, Pod, Stage } from './stage.js';

const KIB = 1024;

/** The bytes that go in come out, with the offset between the halves and nothing else changed. */
export const frameCases: readonly BroadcastCase[] = [
  {
    name: 'a frame is head, offset and tail, byte for byte',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const head = '{"type":"chat","id":"m_0"';
      const tail = ',"data":{"content":"Hello!"}}';
      const { entries } = await stored(pod, { id: 'm_0', ts: 1, head, tail });
      const expected = hex(utf8('{"type":"chat","id":"m_0","offset":1,"data":{"content":"Hello!"}}'));
      assert.deepEqual(
        entries.map(({ frame }) => hex(frame)),
        [expected],
      );
      assert.deepEqual(await pod.heard('lobby'), [line({ id: 'm_0', ts: 1, head, tail }, 1)]);
    },
  },
  {
    name: 'text of several bytes a character crosses unharmed',
    run: async (stage) => {
      const contents = [
        'é',
        'grüße',
        '日本語',
        '👩‍👩‍👧‍👦',
        '\u2028\u2029',
        '\u0000\r\n\t',
        ',"offset":7',
        '{"',
        '\ufeff',
        '𝒳'.repeat(500),
      ];
      await crosses(
        stage,
        contents.map((content) => message(content)),
      );
    },
  },
  {
    name: 'frames of 64 KiB and more cross whole, several in one turn',
    run: async (stage) => {
      const contents = ['a', 'é', '語', '👋'].map((part) => part.repeat((64 * KIB) / utf8(part).length));
      await crosses(
        stage,
        [...contents, 'x'.repeat(127 * KIB), 'short'].map((content) => message(content)),
      );
    },
  },
  {
    name: 'a repeated offset key in the halves is left alone',
    run: async (stage) => {
      const odd = message('odd');
      await crosses(stage, [{ ...odd, head: '{"type":"chat","id":"\\"offset\\":9"' }]);
    },
  },
];

async function crosses(stage: Stage, sent: readonly Publication[]): Promise<void> {
  const pod = await stage.pod();
  await pod.subscribe('lobby');
  await pod.publishAll('lobby', sent);
  assert.deepEqual(await pod.heard('lobby'), lines(sent, 1));
}

async function stored(pod: Pod, publication: Publication): ReturnType<Pod['read']> {
  await pod.publish('lobby', publication);
  return await pod.read('lobby', { limit: 1 });
}
