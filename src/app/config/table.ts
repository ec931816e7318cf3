import { expectation } from './read.js';
import { settings } from './schema.js';
import type { SettingSchema } from './setting-schema.js';

/** The table of all variables for the documentation, in Markdown, without a line break at its end. */
export function configTable(): string {
  const rows = settings.map(([name, schema]) => row(name, schema));
  return ['| variable | default | allowed | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function row(name: string, schema: SettingSchema): string {
  const byDefault = schema.otherwise ?? `\`${String(schema.default)}\``;
  const unit = schema.unit ? ` ${schema.unit}` : '';
  const allowed = `${expectation(schema).replace(/^an integer from /, '')}${unit}`;
  return `| \`${name}\` | ${byDefault} | ${allowed} | ${schema.description ?? ''} |`;
}
