export { broadcastContract } from './broadcast-contract.js';
export type { BroadcastCapability, BroadcastHarness, BroadcastSettings } from './broadcast-harness.js';
export type { ContractCase } from './contract-case.js';
