import { performance } from 'node:perf_hooks';
import { startBroker } from './broker.mjs';
import { Lines, cpuOf, memoryOf, onCore } from './processes.mjs';

const SERVER = 0;
const GENERATOR = 1;

/**
 * Puts a case's load on a candidate, once.
 *
 * @returns what came of it: the figure that the case is about, and how busy server and generator were
 */
export async function measure(spec, candidate, { generator, seconds }) {
  // Pods over Redis are more processes than there are cores: where they run is left to the system.
  const broker = spec.pods ? await startBroker() : undefined;
  try {
    const options = broker ? { pods: spec.pods, redisUrl: broker.url } : { wrap: onCore(SERVER) };
    const server = await candidate.start(options);
    try {
      return await load(spec, candidate, { server, generator, seconds: spec.seconds ?? seconds });
    } finally {
      await server.stop();
    }
  } finally {
    await broker?.stop();
  }
}

async function load(spec, candidate, { server, generator, seconds }) {
  const watched = spec.watch === undefined ? server.pids : [server.pids[spec.watch]];
  const before = memoryOf(watched);
  const [command, ...first] = generator;
  const args = [...first, ...argumentsOf(spec, candidate, server, seconds)];
  const lines = new Lines(spec.pods ? [command, args] : onCore(GENERATOR)(command, args));
  try {
    const cpuAtStart = cpuOf(watched);
    const ready = await lines.event(spec.mode === 'resume' ? 'result' : 'ready');
    if (spec.mode === 'connect') return connected(ready, cpuOf(watched) - cpuAtStart);
    if (spec.mode === 'resume') return resumed(ready);
    lines.say('go');
    await lines.event('start');
    const begin = { cpu: cpuOf(watched), at: performance.now() };
    await lines.event('stop');
    const cpu = (cpuOf(watched) - begin.cpu) / ((performance.now() - begin.at) / 1000);
    const memory = (memoryOf(watched) - before) / 1024 / ready.connections;
    const result = await lines.event('result');
    const fault = server.fault();
    if (fault) throw new Error(fault);
    return figures(spec, result, { cpu, memory });
  } finally {
    await lines.stop();
  }
}

function argumentsOf(spec, candidate, server, seconds) {
  const groups = spec.groups.flatMap((group) => [
    '--group',
    Object.entries(group)
      .map((pair) => pair.join('='))
      .join(),
  ]);
  // Where Redis shares the generator's core, a generator that polls would starve it.
  const manner = spec.pods ? [] : ['--spin'];
  const mode = spec.mode ? ['--mode', spec.mode] : ['--wait'];
  const time = ['--seconds', String(seconds), '--warmup', String(Math.min(1, seconds / 2))];
  return ['--dialect', candidate.dialect, '--ports', server.ports.join(), ...time, ...manner, ...mode, ...groups];
}

function connected({ connections, seconds }, cpu) {
  return { value: connections / seconds, cpuPerConnection: (1e6 * cpu) / connections };
}

function resumed({ seconds, replayed, faults }) {
  return { value: seconds, replayed, faults };
}

function figures(spec, { groups, busy }, { cpu, memory }) {
  const group = groups.find(({ name }) => name === spec.group) ?? groups[0];
  const { perSecond, latency, sent, faults } = group;
  const rest = { busy, cpu, latency, perSecond, sent, faults: groups.flatMap((each) => each.faults) };
  const value = { deliveries: perSecond, messages: perSecond, latency: latency?.p99, memory, cpu: 100 * cpu }[
    spec.kind
  ];
  return { value, ...rest, ...(faults.length > 0 && { faulty: true }), memory };
}
