import type { Verdict } from './audit.js';
import { isListener, isPublisher } from './passage.js';
import { lasting, LASTING, Stage } from './stage.js';

const FAULTS = 60;

/** The same numbers for the same seed: how the storm went can be told in one number. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

type Fault = () => void | Promise<unknown>;
type Faults = (stage: Stage, roll: (sides: number) => number) => Fault[];

/** What may go wrong at any time without anything being lost. */
export const passingFaults: Faults = (stage, roll) => {
  const proxy = () => stage.pod(roll(stage.pods.length)).proxy;
  const clients = () => stage.clients.filter(() => roll(3) === 0);
  return [
    () => proxy().cut(),
    () => proxy().cut(isListener),
    () => proxy().cut(isPublisher),
    () => {
      for (const passage of proxy().passages()) passage.cutAfter(roll(3000));
    },
    () => {
      const [ms, bytes] = [roll(100), 1 + roll(500)];
      proxy().treat((passage) => {
        passage.delay(ms);
        passage.dribble(bytes);
      });
    },
    () => {
      const one = proxy();
      one.refuse();
      one.cut();
    },
    () => {
      for (const each of stage.proxies) each.heal();
    },
    () => {
      for (const each of stage.proxies) each.heal();
    },
    () => {
      for (const client of clients()) client.drop();
    },
    () => {
      for (const client of clients()) client.leave('side');
    },
    () => {
      for (const client of stage.clients) client.join('side');
    },
    () => stage.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub'),
    () => stage.redis.cli('CLIENT', 'PAUSE', String(roll(500)), 'ALL'),
  ];
};

/** Faults that Redis or a pod may take a while to notice; after some of them a reset is allowed. */
export const graveFaults: Faults = (stage, roll) => {
  const proxy = () => stage.pod(roll(stage.pods.length)).proxy;
  const restart = async (): Promise<void> => {
    await stage.redis.crash();
    await lasting(roll(1000));
    await stage.redis.start();
  };
  return [
    ...passingFaults(stage, roll),
    () => {
      for (const passage of proxy().passages()) passage.blackHole(roll(2) === 0 ? 'both' : 'towards the pod');
    },
    () => {
      for (const passage of proxy().passages(isListener)) passage.stall();
    },
    restart,
    restart,
  ];
};

/** Faults that cost history too, where Redis does not keep all it has taken. */
export const lossyFaults: Faults = (stage, roll) => [
  ...graveFaults(stage, roll),
  () => stage.redis.cli('SAVE'),
  () => stage.redis.cli('SAVE'),
  () => stage.redis.cli('FLUSHALL'),
];

/** Lets messages flow while one fault comes upon the other, and answers what became of them. */
export async function storm(
  name: string,
  options: {
    readonly faults: Faults;
    readonly env?: Readonly<Record<string, string>>;
    /** Arguments for `redis-server`. @default it keeps all it has taken */
    readonly redis?: readonly string[];
  },
): Promise<Verdict> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.info(`${name}: begins, seed ${seed}`);
  const roll = dice(seed);
  let next = 0;
  const { env = {}, redis = LASTING } = options;
  const stage = await Stage.set({ redis, env, enter: () => ({ pod: () => next++ % 3 }) });
  const faults = options.faults(stage, roll);
  stage.load(200);
  for (let n = 0; n < FAULTS; n++) {
    await faults[roll(faults.length)]?.();
    await lasting(roll(400));
  }
  for (const proxy of stage.proxies) proxy.heal();
  for (const client of stage.clients) client.join('side');
  await stage.flows();
  return stage.settle(`${name}, seed ${seed}`);
}
