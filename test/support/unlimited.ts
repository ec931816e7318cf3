/** Settings of a pod that may be sent, and may store, any amount. */
export const UNLIMITED = { RATE_LIMIT: '0', GROWTH_LIMIT_USER: '0', GROWTH_LIMIT_ADDRESS: '0' } as const;
