export { broadcastContract } from './broadcast/contract.js';
export type { BroadcastCapability, BroadcastHarness, BroadcastSettings } from './broadcast/harness.js';
export type { ContractCase } from './contract-case.js';
export { transportContract } from './transport/contract.js';
export type {
  ConnectOptions,
  HttpRefusal,
  ReadRefusal,
  RunningTransport,
  TransportCapability,
  TransportClient,
  TransportHarness,
  TransportRefusal,
  TransportSettings,
} from './transport/harness.js';
