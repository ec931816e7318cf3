import { Type, type TSchemaOptions } from 'typebox';

/** What the reader and the table use of a setting's schema. */
export interface SettingSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly description?: string;
  /** Says in words what the pattern or the setting's own rule asks for. */
  readonly expected?: string;
  readonly unit?: string;
  /** Shown in the place of a default that is computed, or of none. */
  readonly otherwise?: string;
}

type Notes = TSchemaOptions & Pick<SettingSchema, 'expected' | 'unit' | 'otherwise'>;

export const MIB = 1024 * 1024;

interface IntegerNotes {
  readonly from: number;
  readonly to: number;
  readonly unit?: string;
  readonly default: number;
  readonly description: string;
}

export function integer({ from: minimum, to: maximum, ...notes }: IntegerNotes) {
  return Type.Integer({ minimum, maximum, ...notes });
}

export function text(notes: Notes & { pattern?: string }) {
  return Type.String(notes);
}
