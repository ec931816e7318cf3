import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { fuzz } from '../support/abuse/fuzz.js';
import { each, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { answerTo, faultOfAnswer } from '../support/abuse/upgrade-attacker.js';
import { upgradeText } from '../support/abuse/upgrade-requests.js';
import { endingOf, isAllowed } from '../support/abuse/wire-attacker.js';
import { wireInput } from '../support/abuse/wire-frames.js';

const pod = abusedPod();
const AT_ONCE = 16;

describe('a client that follows no rule', () => {
  it(
    'of RFC 6455: its connection is closed with a code for that, or goes on',
    async () => {
      const batch = fc.array(wireInput, { minLength: 1, maxLength: 64, size: 'max' });
      await fuzz(batch, scaled(2000, 40_000), 0, async (inputs) => {
        const faults: string[] = [];
        await each(inputs.length, AT_ONCE, async (n) => {
          const input = inputs[n];
          if (!input) return;
          const ending = await endingOf(pod.port, input);
          if (!isAllowed(ending, input)) faults.push(`${ending} after ${JSON.stringify(input)}`);
        });
        expect(faults).toEqual([]);
        pod.tried('connections with odd WebSocket frames', inputs.length);
        return inputs.length;
      });
    },
    PATIENCE_MS,
  );

  it(
    'of HTTP: its upgrade is answered, or the connection ends',
    async () => {
      const batch = fc.array(upgradeText, { minLength: 1, maxLength: 64, size: 'max' });
      await fuzz(batch, scaled(2000, 60_000), 0, async (texts) => {
        const faults: string[] = [];
        await each(texts.length, AT_ONCE, async (n) => {
          const text = texts[n] ?? '';
          const fault = faultOfAnswer(await answerTo(pod.port, text));
          if (fault) faults.push(`${fault} to ${JSON.stringify(text)}`);
        });
        expect(faults).toEqual([]);
        pod.tried('odd upgrades', texts.length);
        return texts.length;
      });
    },
    PATIENCE_MS,
  );
});
