/** What every answer by HTTP must tell a browser, whoever gives it; the page has a policy of its own. */
export const GUARDS = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
] as const;
