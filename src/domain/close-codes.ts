/** Why the server closes a connection, by the protocol's table. Those of the frame layer are the transport's own. */
export const CLOSE = {
  normal: 1000,
  /** The server was stopped by hand. */
  goingAway: 1001,
  /** Abuse went on after errors, the `onConnect` hook refused the client, or a hook closed it with a code that is none. */
  policy: 1008,
  serverFault: 1011,
  /** The pod drains: come back elsewhere after the delay that was told. */
  restart: 1012,
  overload: 1013,
  /** The token has ended or was revoked: come back with another one. */
  unauthorized: 4401,
  /** Stay away. */
  kicked: 4403,
} as const;
