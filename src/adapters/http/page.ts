import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { resource, type Resource } from './replies.js';

/** The files of the chat page, by the path they are served at. */
export type Page = ReadonlyMap<string, Resource>;

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/**
 * Reads the built page into memory; files that are no part of a page are left out.
 *
 * @param directory where `index.html` is: `dist/page` of the built package
 * @param basePath put in the place of `{{BASE_PATH}}` in `index.html`
 * @throws {Error} where the page is not there
 */
export function readPage(directory: URL, basePath: string): Page {
  const page = new Map<string, Resource>();
  for (const name of filesOf(directory)) {
    const contentType = CONTENT_TYPES.get(extname(name));
    if (contentType === undefined) continue;
    const content = readFileSync(new URL(name, directory));
    if (name === 'index.html') page.set('/', resource(contentType, fill(content.toString(), basePath)));
    else page.set(`/${name}`, resource(contentType, content));
  }
  if (page.has('/') && page.has('/main.js')) return page;
  throw new Error(`Page: index.html or main.js is missing in ${directory.pathname}: run npm run build`);
}

function filesOf(directory: URL): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function fill(html: string, basePath: string): string {
  const escaped = basePath.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return html.replaceAll('{{BASE_PATH}}', () => escaped);
}
