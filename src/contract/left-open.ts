import assert from 'node:assert/strict';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** What keeps a process alive, by the names that Node gives. What is not referenced any more does not. */
const KEEPING: ReadonlySet<string> = new Set([
  'Timeout',
  'TCPWRAP',
  'TCPSERVERWRAP',
  'PIPEWRAP',
  'PIPESERVERWRAP',
  'TLSWRAP',
  'UDPWRAP',
  'PROCESSWRAP',
  'SIGNALWRAP',
  'FSEVENTWRAP',
  'STATWATCHER',
  'WORKER',
  'MESSAGEPORT',
]);
const POLL_MS = 5;

interface Handle {
  readonly type: string;
  /** Where it was made. Its text is only asked for in a complaint: making it is what costs. */
  readonly made: Error;
  readonly isHeld: () => boolean;
}

/** The handles that a case has made, by its asynchronous context: what the runner or another case makes is none of them. */
const made = new AsyncLocalStorage<Set<Handle>>();
/** Ends the watch of a handle that is gone. A timer that was cleared still calls itself referenced. */
const gone = new Map<number, () => void>();
const hook = createHook({
  init(id, type, _trigger, resource) {
    const handles = KEEPING.has(type) ? made.getStore() : undefined;
    if (!handles) return;
    const handle: Handle = { type, made: new Error('made here'), isHeld: heldBy(resource) };
    handles.add(handle);
    gone.set(id, () => handles.delete(handle));
  },
  destroy(id) {
    gone.get(id)?.();
    gone.delete(id);
  },
});
let watching = 0;

/**
 * Runs a case to its end, and fails if it has left a handle that keeps the process: the runner would otherwise hang after its
 * last test, and not say why.
 *
 * @throws AssertionError that names what is left and where it was made
 */
export async function leavingNothing(run: () => Promise<void>, deadlineMs: number): Promise<void> {
  const handles = new Set<Handle>();
  if (watching++ === 0) hook.enable();
  try {
    await made.run(handles, run);
    const left = await leftOf(handles, deadlineMs);
    if (left.length > 0) assert.fail(complaint(left, deadlineMs));
  } finally {
    if (--watching === 0) {
      hook.disable();
      gone.clear();
    }
  }
}

/** What is still held in the end: sockets may take a moment to be gone. */
async function leftOf(handles: ReadonlySet<Handle>, deadlineMs: number): Promise<readonly Handle[]> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const left = [...handles].filter(({ isHeld }) => isHeld());
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function complaint(left: readonly Handle[], deadlineMs: number): string {
  const list = left.slice(0, 3).map(({ type, made: { stack = '' } }) => `${type} made ${placeOf(stack)}`);
  const more = left.length > 3 ? ` and ${left.length - 3} more` : '';
  return (
    `${deadlineMs} ms after the end the adapter still holds what keeps the process, so that the test runner would hang: ` +
    `${list.join(', ')}${more}. End or unref() it in close() or stop()`
  );
}

/** Weakly, so that what is gone is not kept for this. */
function heldBy(resource: object): () => boolean {
  const weak = new WeakRef(resource);
  return () => {
    const held: { hasRef?: () => boolean } | undefined = weak.deref();
    return held?.hasRef?.() === true;
  };
}

/** The first place outside Node and this file. */
function placeOf(stack: string): string {
  const lines = stack.split('\n').slice(1);
  const line = lines.find((one) => !/\(?node:|left-open\.[jt]s/.test(one)) ?? lines.at(-1) ?? '';
  return line.trim() || 'at an unknown place';
}
