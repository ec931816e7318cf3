/** A value at which every look throws. */
export function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Throws what is no error: rules for own code do not bind that of others. */
function toss(value: unknown): never {
  throw value;
}

const broken = (): never => toss(new Error('broken'));

/** Something that fails as soon as somebody waits for it, or looks for its members. */
function unreadable(name: string, member: PropertyDescriptor): object {
  return Object.defineProperty({}, name, member);
}

/** Ways in which foreign code fails, whatever it is asked. */
export const failures: readonly (readonly [string, () => unknown])[] = [
  ['throws', broken],
  ['rejects', () => Promise.reject(new Error('broken'))],
  ['throws a revoked proxy', () => toss(revoked())],
  ['rejects with a revoked proxy', () => Promise.reject(revoked())],
  ['throws nothing', () => toss(undefined)],
  ['answers with a revoked proxy', () => revoked()],
  ['answers with a promise that cannot be waited for', () => unreadable('then', { value: broken })],
  ['answers with something that throws when it is waited for', () => unreadable('then', { get: broken })],
];

/** Answers that are none, whatever was asked. */
export const nonsense: readonly (readonly [string, () => unknown])[] = [
  ['answers null', () => null],
  ['answers a number', () => 5],
  ['answers an empty object', () => ({})],
  ['answers a promise of nothing', () => Promise.resolve(undefined)],
  ['answers with a status of its own', () => ({ status: 'fine' })],
  ['answers with something that throws when it is looked at', () => unreadable('status', { get: broken })],
];
