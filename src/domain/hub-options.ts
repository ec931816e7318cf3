/** How much a pod allows. What is counted for a user or an address is counted on each pod by itself. */
export interface Limits {
  /**
   * Bytes of text that a client's message may have, enforced by the transport: one more closes the connection (1009).
   * @default 65536
   */
  readonly messageBytes: number;
  /**
   * Messages that a client may fall behind a room. What is older is dropped, and the client told by a `gap`.
   * @default 256
   */
  readonly sendBuffer: number;
  /**
   * Bytes of messages that a pod keeps of each room for clients that are behind. What is older is dropped as well.
   * @default 1048576
   */
  readonly roomBytes: number;
  /**
   * Bytes of memory that a pod keeps of all its rooms for clients that are behind. What is over that is dropped from the room
   * that was published to longest ago; the clients are told by a `gap`.
   * @default 268435456
   */
  readonly ringBytesTotal: number;
  /**
   * Rooms that one connection may be a member of.
   * @default 100
   */
  readonly roomsPerConnection: number;
  /**
   * Frames a second that one connection may send. 0: any number, and none of the rates below counts either.
   * @default 50
   */
  readonly rateLimit: number;
  /**
   * Frames that one connection may send at once, 1 or more.
   * @default 2 x rateLimit
   */
  readonly rateBurst?: number;
  /**
   * Characters a second of one connection's frames, eight times as many at once. 0: any number.
   * @default 131072
   */
  readonly rateLimitBytes: number;
  /**
   * Messages to everybody a second of one connection, four times as many at once. 0: any number.
   * @default 5
   */
  readonly rateLimitGlobal: number;
  /**
   * Joins a second, by one connection, of rooms that nobody on this pod is in; ten times as many at once. 0: any number.
   * @default 20
   */
  readonly rateLimitRooms: number;
  /**
   * Requests a second for stored messages, `history` and resumes, by one connection, and further 16 KiB that they bring;
   * 20 times as many at once. 0: any number.
   * @default 10
   */
  readonly rateLimitReads: number;
  /**
   * All connections of one user together may send this many times what one connection may. 0: any number.
   * @default 5
   */
  readonly rateLimitUser: number;
  /**
   * All connections of one address together may send this many times what one connection may. 0: any number.
   * @default 0
   */
  readonly rateLimitAddress: number;
  /**
   * Upgrades a second from one address, ten times as many at once. 0: any number.
   * @default 0
   */
  readonly upgradeRate: number;
  /**
   * Bytes per hour by which one user's messages may make what is stored grow on this pod, a third of it at once; the
   * receipts of client ids may take the same again. A message that displaces others counts for what it adds. 0: no limit.
   * @default 50331648
   */
  readonly growthLimitUser: number;
  /**
   * The same for all guests of one address together, because a guest can be a new user at any time. 0: no limit.
   * @default 50331648
   */
  readonly growthLimitAddress: number;
  /**
   * Connections of this pod, and upgrades that wait for an answer. One more is answered 503.
   * @default 20000
   */
  readonly maxConnections: number;
  /**
   * Connections from one address, and its upgrades that wait for an answer. One more is answered 429. 0: any number.
   * @default 0
   */
  readonly maxConnectionsPerAddress: number;
  /**
   * Connections of one user. One more is answered 429. 0: any number.
   * @default 50
   */
  readonly maxConnectionsPerUser: number;
}

/** What a hub is told. */
export interface HubOptions extends Limits {
  /** Milliseconds between pings of the transport, for the welcome. */
  readonly heartbeatMs: number;
  /** Exact origins of browsers that may connect, `*` for all; empty: the same host only. */
  readonly allowedOrigins: readonly string[];
}
