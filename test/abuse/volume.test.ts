import { describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { closing, refusedUpgrades } from '../support/abuse/bad-connections.js';
import { refused } from '../support/abuse/bad-inputs.js';
import { FrameAttacker } from '../support/abuse/frame-attacker.js';
import { Said } from '../support/abuse/said.js';
import { each, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { answerTo, faultOfAnswer } from '../support/abuse/upgrade-attacker.js';
import { endingOf } from '../support/abuse/wire-attacker.js';
import { UNLIMITED } from '../support/unlimited.js';

const pod = abusedPod({ env: UNLIMITED });
const AT_ONCE = 16;

describe('every bad frame there is, again and again', () => {
  it.each(Object.entries(refused))(
    '%s',
    async (code, texts) => {
      const attacker = new FrameAttacker(pod, 'mallory', new Said());
      onTestFinished(() => attacker.leave());
      const goal = scaled(200, 10_000) / (texts.join('').length > 50_000 * texts.length ? 10 : 1);
      for (let tried = 0; tried < goal; tried += texts.length) {
        const { faults, frames } = await attacker.attempt(texts);
        expect(faults).toEqual([]);
        const codes = frames.filter(({ type }) => type === 'error').map(({ data }) => data.code);
        expect(codes).toEqual(texts.map(() => code));
        pod.tried('bad frames', texts.length);
      }
    },
    PATIENCE_MS,
  );
});

describe('every way to end a connection, again and again', () => {
  it.each(Object.entries(closing))(
    '%i',
    async (code, inputs) => {
      await each(scaled(10, 200) * inputs.length, AT_ONCE, async (n) => {
        const bytes = Buffer.from(inputs[n % inputs.length] ?? []).toString('base64url');
        expect(await endingOf(pod.port, { bytes, cuts: [] }), bytes.slice(0, 100)).toBe(`closed ${code}`);
        pod.tried('bad WebSocket frames');
      });
    },
    PATIENCE_MS,
  );
});

describe('every upgrade that is refused, again and again', () => {
  it.each(Object.entries(refusedUpgrades))(
    '%i',
    async (status, requests) => {
      await each(scaled(10, 200) * requests.length, AT_ONCE, async (n) => {
        const request = requests[n % requests.length] ?? '';
        const answer = await answerTo(pod.port, request);
        expect(answer.slice(0, 12), request.slice(0, 400)).toBe(`HTTP/1.1 ${status}`);
        expect(faultOfAnswer(answer)).toBeUndefined();
        pod.tried('bad upgrades');
      });
    },
    PATIENCE_MS,
  );
});
