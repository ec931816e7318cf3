/**
 * Looks at heads, and renews one of them.
 *
 * KEYS: heads.
 * ARGV: the number of the one to renew, or 0, and for how many seconds.
 * Answers the epoch and the offset of each in turn, or nothing twice: also where another program has written something
 * else there, which is that room's trouble alone.
 */
export const HEADS = `
local heads = {}
if ARGV[1] ~= '0' then redis.call('EXPIRE', KEYS[tonumber(ARGV[1])], ARGV[2]) end
for i, head in ipairs(KEYS) do
  local state = redis.pcall('HMGET', head, 'epoch', 'offset')
  if state.err and not string.find(state.err, '^WRONGTYPE') then return state end
  heads[2 * i - 1], heads[2 * i] = state[1] or false, state[2] or false
end
return heads
`;

/**
 * Says that a pod lives, sends it a sign through its own channel, and looks at what was announced.
 *
 * KEYS: the pods, the mark, the announcements.
 * ARGV: pod, milliseconds that a sign of life counts, the pod's channel, the sign, a mark to set where there is none, the
 *   id of the last announcement known, how many to give at most.
 * Answers the mark, the pods alive, and the announcements with their ids.
 */
export const PULSE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('SET', KEYS[2], ARGV[5], 'NX')
redis.call('PUBLISH', ARGV[3], ARGV[4])
local announced = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '(' .. ARGV[6], '+', 'COUNT', ARGV[7])) do
  announced[#announced + 1] = entry[1]
  announced[#announced + 1] = entry[2][2]
end
return { redis.call('GET', KEYS[2]), redis.call('ZRANGE', KEYS[1], 0, -1), announced }
`;

/**
 * Stores an announcement; the pods find it with their next pulse.
 *
 * KEYS: the announcements.
 * ARGV: the text, how many are kept, for how many seconds after the last one.
 */
export const ANNOUNCE = `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 't', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
`;

/**
 * Says that a pod has compared its rooms in this run of Redis, and gives the verdict on the others where it has one.
 *
 * KEYS: the run's register, the number of calls.
 * ARGV: pod, verdict to give, or empty, the number of calls that the pod knows of, 1 if it knows that this is not what it
 *   was. A pod that misses something gives the verdict `reset`. The first verdict stays.
 * Answers the verdict that stands, or nothing, the pods that have compared, and 1 if the verdict was given without the pod:
 * the same when it is sent again.
 */
export const REGISTER = `
local came = redis.call('HEXISTS', KEYS[1], 'verdict') == 1 and 'late' or 'in time'
redis.call('HSETNX', KEYS[1], ARGV[1], came)
local lost = ARGV[4] == '1' or tonumber(redis.call('GET', KEYS[2]) or 0) < tonumber(ARGV[3])
local verdict = lost and 'reset' or ARGV[2]
if verdict ~= '' then redis.call('HSETNX', KEYS[1], 'verdict', verdict) end
redis.call('EXPIRE', KEYS[1], 2592000)
local late = redis.call('HGET', KEYS[1], ARGV[1]) == 'late' and 1 or 0
return { redis.call('HGET', KEYS[1], 'verdict') or '', redis.call('HKEYS', KEYS[1]), late }
`;
