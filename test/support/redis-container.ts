import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers';
import { untilRedisAnswers, type RedisServer } from './redis-server.js';

// Its helper image would have to be pulled, and the labels below do its work: what a test run leaves is found by them.
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

const READY = 'Ready to accept connections';

/** Says what keeps containers of this image from running here; `undefined` if nothing does. */
export async function obstacleToContainers(image: string): Promise<string | undefined> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (client === undefined) return 'no container engine answers';
  const name = ImageName.fromString(image);
  if (await client.image.exists(name)) return undefined;
  const failure = await client.image.pull(name).then(
    () => undefined,
    (error: unknown) => error,
  );
  return failure === undefined ? undefined : `image ${image} is not here and can't be pulled (${String(failure)})`;
}

/** Starts a container with Redis behind a loopback port. */
export async function startRedisContainer(image: string, port: number, args: readonly string[]): Promise<RedisServer> {
  const container = await new GenericContainer(image)
    .withCommand(['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', ...args])
    .withExposedPorts({ container: 6379, host: port })
    .withLabels(labels())
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start();
  const engine = (await getContainerRuntimeClient()).container.getById(container.getId());
  await untilRedisAnswers(port);
  let stopped: Promise<void> | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    label: `container ${image}`,
    cli: async (...command) => {
      const { exitCode, stdout, stderr } = await container.exec(['redis-cli', ...command]);
      if (exitCode !== 0) throw new Error(`redis-cli ${command.join(' ')} failed: ${stderr || stdout}`);
      return stdout.trim();
    },
    freeze: () => engine.pause(),
    thaw: () => engine.unpause(),
    crash: async () => {
      const gone = engine.wait();
      await engine.kill({ signal: 'SIGKILL' });
      await gone;
    },
    start: async () => {
      await engine.start();
      await untilRedisAnswers(port);
    },
    stop: () => (stopped ??= engine.remove({ force: true, v: true })),
  };
}

/**
 * Removes what tests of a project of this run left behind, whoever forgot it or was killed before they could.
 *
 * @returns how many there were
 */
export async function removeLeftContainers(project: string): Promise<number> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (client === undefined) return 0;
  const label = Object.entries(labels(project)).map(([key, value]) => `${key}=${value}`);
  const left = await client.container.dockerode.listContainers({ all: true, filters: { label } });
  for (const { Id } of left) await client.container.getById(Id).remove({ force: true, v: true });
  return left.length;
}

/** `vitest.config.ts` sets the variables: who a container belongs to. */
function labels(project = process.env['HUBBUB_PROJECT'] ?? 'none'): Record<string, string> {
  return { 'hubbub.run': process.env['HUBBUB_RUN'] ?? 'none', 'hubbub.project': project };
}
