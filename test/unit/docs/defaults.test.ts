import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/app/config.js';
import { hubOptions, transportOptions } from '../../../src/app/settings.js';

const root = new URL('../../../src/', import.meta.url);
const config = loadConfig({});
const { trustedProxies: _proxies, ...transport } = transportOptions(config);
const { allowedOrigins: _origins, ...hub } = hubOptions(config);

/** The members of an interface, each with the default that its comment gives. */
function defaultsOf(path: string, name: string): Record<string, unknown> {
  const [, body = ''] =
    new RegExp(`interface ${name}\\b[^{]*{\n([^]*?)^}`, 'm').exec(readFileSync(new URL(path, root), 'utf8')) ?? [];
  const members = body.split(/;\n/).flatMap((part) => {
    const member = /readonly (\w+)\??:[^]*$/.exec(part)?.[1];
    return member === undefined ? [] : [[member, Number(/@default (\d+)\n/.exec(part)?.[1])] as const];
  });
  return Object.fromEntries(members);
}

it('the limits of the library say their defaults, which are those of the settings', () => {
  const said = { ...defaultsOf('domain/hub-options.ts', 'Limits'), ...defaultsOf('app/create-chat.ts', 'ChatLimits') };
  const { heartbeatMs, ...limits } = { ...hub, ...transport };
  // Said in words: it follows the rate.
  expect(said).toEqual({ ...limits, rateBurst: Number.NaN });
  expect(defaultsOf('app/create-chat.ts', 'ChatOptions')).toMatchObject({ heartbeatMs });
});
