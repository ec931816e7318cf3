import assert from 'node:assert/strict';

/** What a suite leaves out, each with the reason. */
export type Waivers<Capability extends string> = Readonly<Partial<Record<Capability, string>>>;

/** The capabilities of a list that are waived. */
export function waivedOf<Capability extends string>(
  capabilities: readonly Capability[],
  waivers: Waivers<Capability>,
): readonly Capability[] {
  return capabilities.filter((capability) => waivers[capability] !== undefined);
}

/** The name of the case that takes the place of what is left out. */
export function waiverName(capability: string, reason: string): string {
  return `waived: ${capability}, because ${reason}`;
}

/** A waiver that isn't needed is as wrong as a missing one: it would hide the day the capability breaks again. */
export function checkWaiver(capability: string, reason: string, isThere: boolean): void {
  assert.notEqual(reason.trim(), '', 'a waiver names its reason');
  assert.ok(!isThere, `the waiver "${capability}" is not needed: the capability is there`);
}
