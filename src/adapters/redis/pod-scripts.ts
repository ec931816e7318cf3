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
 * Keeps blank rooms whose members stand in an epoch that is no longer the base: each gets a head, so that all pods go on
 * answering that epoch. It does so only if the store has lost nothing, which the pod's call key shows as in `PUBLISH`.
 *
 * KEYS: the pod's call key, heads.
 * ARGV: base epoch, for how many seconds, for each head its epoch.
 */
export const KEEP = `
if string.sub(redis.call('GET', KEYS[1]) or '', 1, 16) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    redis.call('HSET', KEYS[i], 'epoch', ARGV[i + 1], 'offset', 0, 'run', run)
    redis.call('EXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
`;

/**
 * Sets the base epoch, and writes it to the front of the pod's call key: `PUBLISH` believes the pod as long as it
 * stands there. The call itself stays behind it.
 */
const BASE = `
local function renew(key, fresh, ttl)
  redis.call('SET', key, fresh, 'EX', ttl)
  return fresh
end

local function note(key, base)
  local call = redis.call('GET', key) or ''
  if string.sub(call, 1, 16) == base then
    redis.call('EXPIRE', key, 3600)
  else
    redis.call('SET', key, base .. string.sub(call, 17), 'EX', 3600)
  end
end
`;

/**
 * Says that a pod lives, sends it a sign through its own channel, and looks at what was announced, and with a log at the
 * base epoch, which it begins if there is none.
 *
 * KEYS: the pods, the mark, the announcements; with a log also the base epoch, the pod's call key, the number of calls.
 * ARGV: pod, milliseconds that a sign of life counts, the pod's channel, the sign, a fresh text for the mark and the base
 *   epoch if there is none, the id of the last announcement known, how many to give at most, for how many seconds a base epoch lives.
 * Answers the mark, the pods alive, the announcements with their ids, the base epoch, and the number of calls.
 */
export const PULSE = `
${BASE}
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
local base, calls = '', 0
if KEYS[4] then
  base = redis.call('GET', KEYS[4])
  if not base or #base ~= 16 then base = renew(KEYS[4], ARGV[5], ARGV[8]) end
  note(KEYS[5], base)
  calls = tonumber(redis.call('GET', KEYS[6])) or 0
end
return { redis.call('GET', KEYS[2]), redis.call('ZRANGE', KEYS[1], 0, -1), announced, base, calls }
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
 * With a verdict `reset`, or if a pod misses something or knows another base epoch, a blank room may be one whose messages
 * are gone. So the base epoch is renewed, once per run, and nothing is published in the run before that.
 *
 * KEYS: the run's register, the number of calls, the base epoch, the pod's call key.
 * ARGV: pod, verdict to give, or empty, the number of calls that the pod knows of, 1 if it knows that this is not what it
 *   was, the base epoch that it knows, or empty, a fresh epoch, for how many seconds a base epoch lives. A pod that misses
 *   something gives the verdict `reset`. The first verdict stays.
 * Answers the verdict that stands, or nothing, the pods that have compared, 1 if the verdict was given without the pod, and
 * the base epoch: the same when it is sent again.
 */
export const REGISTER = `
${BASE}
local came = redis.call('HEXISTS', KEYS[1], 'verdict') == 1 and 'late' or 'in time'
redis.call('HSETNX', KEYS[1], ARGV[1], came)
local lost = ARGV[4] == '1' or tonumber(redis.call('GET', KEYS[2]) or 0) < tonumber(ARGV[3])
local verdict = lost and 'reset' or ARGV[2]
if verdict ~= '' then redis.call('HSETNX', KEYS[1], 'verdict', verdict) end
redis.call('EXPIRE', KEYS[1], 2592000)
local late = redis.call('HGET', KEYS[1], ARGV[1]) == 'late' and 1 or 0
local stands, base = redis.call('HGET', KEYS[1], 'verdict') or '', redis.call('GET', KEYS[3])
local differs = came == 'in time' and ARGV[5] ~= '' and ARGV[5] ~= base
local doubtful = lost or differs or stands == 'reset'
if not base or doubtful and redis.call('HSETNX', KEYS[1], 'renewed', 1) == 1 then
  base = renew(KEYS[3], ARGV[6], ARGV[7])
end
note(KEYS[4], base)
return { stands, redis.call('HKEYS', KEYS[1]), late, base }
`;
