import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { FrameAttacker } from '../support/abuse/frame-attacker.js';
import { fuzz } from '../support/abuse/fuzz.js';
import { jsonFrame } from '../support/abuse/json-frames.js';
import { Said } from '../support/abuse/said.js';
import { all, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { UNLIMITED } from '../support/unlimited.js';

// Without rate limit everything gets as far as it can. Rooms keep history.
const pod = abusedPod({ env: UNLIMITED, buffers: 32 });

describe('frames of a client that follows no rule', () => {
  const said = new Said();
  const attackers = ['mallory', 'eve'].map((name) => new FrameAttacker(pod, name, said));
  afterAll(() => Promise.all(attackers.map((attacker) => attacker.leave())));

  it(
    'each valid id is answered once, and nobody hears what is not theirs',
    async () => {
      const goal = scaled(5000, 850_000) / attackers.length;
      const batch = fc.array(jsonFrame, { minLength: 1, maxLength: 100, size: 'max' });
      const attack = (attacker: FrameAttacker, lane: number) =>
        fuzz(batch, goal, lane, async (texts) => {
          expect((await attacker.attempt(texts)).faults).toEqual([]);
          pod.tried('frames', texts.length);
          return texts.length;
        });
      await all(attackers.map(attack));
    },
    PATIENCE_MS,
  );
});
