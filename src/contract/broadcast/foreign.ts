import assert from 'node:assert/strict';
import { hex, line, lines, message, messages, utf8 } from './messages.js';
import type { BroadcastCase } from './stage.js';

/** What a channel may carry that is neither a message of ours nor one of another program's. */
const garbage: readonly Uint8Array[] = [
  new Uint8Array(0),
  new Uint8Array([0]),
  new Uint8Array([0xff, 0xfe, 0xfd]),
  new Uint8Array(1024).fill(0xc3),
  utf8('hello'),
  utf8('1'),
  utf8('"text"'),
  utf8('\u0001'),
  utf8(' '.repeat(100)),
];

/** What other programs put on a channel. */
export const foreignCases: readonly BroadcastCase[] = [
  {
    name: "another program's payload is told once, as the bytes it is",
    needs: ['foreign'],
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const payload = utf8('{"type":"notice","data":{"content":"grüße 👋"}}');
      await stage.publishForeign('lobby', payload);
      await pod.recorder.until('lobby', `foreign ${hex(payload)}`);
      assert.deepEqual(await pod.heard('lobby'), [`foreign ${hex(payload)}`]);
    },
  },
  {
    name: "another program's payload takes no offset and is not stored",
    needs: ['foreign'],
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('');
      const [before, after] = messages('around', 2);
      assert.ok(before && after);
      await pod.publish('', before);
      const payload = utf8('{"data":1}');
      await stage.publishForeign('', payload);
      await pod.recorder.until('', `foreign ${hex(payload)}`);
      const { position } = await pod.publish('', after);
      assert.equal(position.offset, 2);
      const { entries } = await pod.read('', { after: 0, limit: 10 });
      assert.deepEqual(
        entries.map(({ offset }) => offset),
        [1, 2],
      );
      const told = await pod.heard('');
      assert.deepEqual(
        told.filter((item) => !item.startsWith('foreign')),
        lines([before, after], 1),
      );
    },
  },
  {
    name: "another program's payload is told to every pod that listens, and to no other",
    needs: ['foreign', 'pods'],
    run: async (stage) => {
      const [one, other, deaf] = await stage.pods(3);
      assert.ok(one && other && deaf);
      await Promise.all([one.subscribe('lobby'), other.subscribe('lobby'), deaf.subscribe('elsewhere')]);
      const payload = utf8('{"data":1}');
      await stage.publishForeign('lobby', payload);
      for (const pod of [one, other]) await pod.recorder.until('lobby', `foreign ${hex(payload)}`);
      assert.deepEqual(await deaf.heard('elsewhere'), []);
      assert.deepEqual(deaf.recorder.channels(), ['elsewhere']);
    },
  },
  {
    name: 'garbage on a channel is no message and breaks none of those behind it',
    needs: ['foreign'],
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const sent = garbage.map((_, index) => message(`behind ${index}`));
      for (const [index, payload] of garbage.entries()) {
        await stage.publishForeign('lobby', payload);
        await pod.publish('lobby', sent[index] ?? assert.fail());
      }
      const told = await pod.heard('lobby');
      const expected = sent.map((item, index) => line(item, index + 1));
      assert.deepEqual(
        told.filter((item) => !item.startsWith('foreign')),
        expected,
      );
    },
  },
];
