export { MemoryBroadcaster, memoryBroadcaster } from './memory-broadcaster.js';
export type { MemoryBroadcasterOptions } from './options.js';
