import { createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

/** Counts the timers that the ws transport (or ws within it) starts from now on and has not ended. */
export function watchTimers(): { live(): Promise<number>; stop(): void } {
  const live = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type !== 'Timeout' && type !== 'Immediate') return;
      if (/[/\\](?:adapters|node_modules)[/\\]ws[/\\]/u.test(new Error('where').stack ?? '')) live.add(id);
    },
    destroy: (id) => void live.delete(id),
  }).enable();
  // Node tells of the end of timers a turn later.
  return {
    live: () =>
      turn()
        .then(() => turn())
        .then(() => live.size),
    stop: () => void hook.disable(),
  };
}
