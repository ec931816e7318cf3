import { readFileSync } from 'node:fs';

/**
 * The arguments of the `ACL` command that a document tells its readers to type, between two comments of this name. They
 * are what is tested, so that the document can't be wrong.
 */
export function aclLine(document: string, name: string): readonly string[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  const block = new RegExp(`<!-- ${name}:begin -->\\s+\`\`\`sh\\n([^]*?)\`\`\`\\s+<!-- ${name}:end -->`).exec(
    text,
  )?.[1];
  const [program, acl, ...args] = block?.replaceAll('\\\n', ' ').match(/'[^']*'|[^\s']+/g) ?? [];
  if (program !== 'redis-cli' || acl !== 'ACL')
    throw new Error(`${document}: expected a redis-cli ACL line as ${name}`);
  return args.map((arg) => arg.replaceAll("'", ''));
}

/** The commands, keys and channels that a line allows. */
export function rightsOf(line: readonly string[]): string[] {
  return line.filter((rule) => /^[+~&]/.test(rule));
}
