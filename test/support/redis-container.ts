import { spawnSync } from 'node:child_process';
import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers';
import { redisOwner, tlsArgs, untilRedisAnswers, type RedisServer, type TlsPort } from './redis-server.js';

// Its helper image would have to be pulled, and the labels below do its work: what a test run leaves is found by them.
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

const RUN_LABEL = 'hubbub.run';
const PROJECT_LABEL = 'hubbub.project';
const READY = 'Ready to accept connections';
const TLS_PORT = 6380;
// At the root, which every image has; readable by all, as the server may be another user than root.
const CERT_FILE = '/hubbub-test-cert.pem';
const KEY_FILE = '/hubbub-test-key.pem';

/** Says what keeps containers of this image from running here; `undefined` if nothing does. */
export async function obstacleToContainers(image: string): Promise<string | undefined> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (client === undefined) return 'no container engine answers';
  const name = ImageName.fromString(image);
  try {
    if (await client.image.exists(name)) return undefined;
  } catch (error) {
    return `the container engine answers no more (${reason(error)})`;
  }
  try {
    await client.image.pull(name);
    return undefined;
  } catch (error) {
    return `image ${image} is not here and can't be pulled (${reason(error)})`;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.trim() : 'no reason';
}

/** Starts a container with Redis behind a loopback port. */
export async function startRedisContainer(
  image: string,
  port: number,
  args: readonly string[],
  tls?: TlsPort,
): Promise<RedisServer> {
  const owner = redisOwner();
  const secured = tls ? [...args, ...tlsArgs(TLS_PORT, CERT_FILE, KEY_FILE)] : args;
  const plan = new GenericContainer(image)
    .withCommand(['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', ...secured])
    .withExposedPorts({ container: 6379, host: port })
    .withLabels({ [RUN_LABEL]: owner.run, [PROJECT_LABEL]: owner.project })
    .withWaitStrategy(Wait.forLogMessage(READY));
  const container = await (tls ? withTls(plan, tls) : plan).start();
  const engine = (await getContainerRuntimeClient()).container.getById(container.getId());
  await untilRedisAnswers(port);
  let stopped: Promise<void> | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    tlsPort: tls?.port,
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

function withTls(plan: GenericContainer, { port, cert, key }: TlsPort): GenericContainer {
  return plan.withExposedPorts({ container: TLS_PORT, host: port }).withCopyContentToContainer([
    { content: cert, target: CERT_FILE, mode: 0o644 },
    { content: key, target: KEY_FILE, mode: 0o644 },
  ]);
}

/**
 * Removes what tests of this run left behind, whoever forgot it or was killed before they could.
 *
 * @param project only those of this project
 * @returns how many there were
 */
export async function removeLeftContainers(project?: string): Promise<number> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (client === undefined) return 0;
  const { run } = redisOwner();
  const label = [`${RUN_LABEL}=${run}`, ...(project === undefined ? [] : [`${PROJECT_LABEL}=${project}`])];
  const left = await client.container.dockerode.listContainers({ all: true, filters: { label } });
  for (const { Id } of left) await client.container.getById(Id).remove({ force: true, v: true });
  return left.length;
}

/** The same for the whole run, at once and without a promise: for a process that is just ending. */
export function removeLeftContainersNow(): void {
  const filter = `label=${RUN_LABEL}=${redisOwner().run}`;
  const { stdout } = spawnSync('docker', ['ps', '--all', '--quiet', '--filter', filter], { encoding: 'utf8' });
  const left = stdout?.split('\n').filter((id) => id !== '') ?? [];
  if (left.length > 0) spawnSync('docker', ['rm', '--force', '--volumes', ...left]);
}
