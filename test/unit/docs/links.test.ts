import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const inDocs = readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`);
const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs].filter((path) =>
  path.endsWith('.md'),
);

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(pages)('the links of %s lead somewhere', (page) => {
  const base = new URL(page, root);
  const links = [...readFileSync(base, 'utf8').matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link);
  for (const link of links.filter((one) => !/^https?:/.test(one))) {
    const target = new URL(link, base);
    const { hash } = target;
    target.hash = '';
    expect([link, existsSync(target)]).toEqual([link, true]);
    if (hash !== '') expect(anchorsOf(readFileSync(target, 'utf8'))).toContain(hash.slice(1));
  }
});
