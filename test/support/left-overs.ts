import { createHook } from 'node:async_hooks';

/** What keeps this process busy or is listened to in it, counted by kind. */
export function processState(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (name: string, by: number): void => void (counts[name] = (counts[name] ?? 0) + by);
  for (const resource of process.getActiveResourcesInfo()) {
    // The runner's own timers and reports to its parent come and go; timers are watched by where they were started.
    if (resource !== 'Timeout' && resource !== 'Immediate' && resource !== 'PipeWrap') count(resource, 1);
  }
  for (const event of process.eventNames()) count(`process.on ${String(event)}`, process.listenerCount(event));
  return counts;
}

/** Counts the timers that the server (or ws or ioredis within it) starts from now on and has not ended. */
export function watchServerTimers(): { live(): readonly string[]; stop(): void } {
  const live = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      if (type !== 'Timeout') return;
      const { stack = '' } = new Error('where');
      const from = stack.split('\n').find((line) => /\/src\/(?!contract)|node_modules\/ioredis\//.test(line));
      if (from !== undefined && !stack.includes('chat-client')) live.set(id, from.trim());
    },
    destroy: (id) => void live.delete(id),
  }).enable();
  return { live: () => [...live.values()], stop: () => void hook.disable() };
}
