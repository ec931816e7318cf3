/**
 * Takes or renews the lease of the pod that sweeps.
 *
 * KEYS: the lease. ARGV: pod, milliseconds that the lease lasts.
 * Answers 1 if this pod has it.
 */
export const LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;

/** All of a log is counted: what is estimated by its beginning may be wrong by any factor. */
const BYTES_OF = `
local function bytes_of(log)
  return redis.call('MEMORY', 'USAGE', log, 'SAMPLES', 0)
end
`;

/**
 * Looks at the logs among the next keys. They are found by SCAN, as no key is shared by rooms.
 *
 * ARGV: cursor, pattern of logs' names, keys to go through, the beginnings of the names of logs and of channels.
 * Answers the next cursor, and for each log its room's channel, its bytes, the time at which it expires, which moves
 *   with each publish, and the number of pods that subscribe to the channel by name.
 */
export const SURVEY = `
${BYTES_OF}
local cursor, logs = unpack(redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3]))
local answer, channels = { cursor }, {}
for i, log in ipairs(logs) do channels[i] = ARGV[5] .. string.sub(log, #ARGV[4] + 1) end
if #logs == 0 then return answer end
local subscribers = redis.call('PUBSUB', 'NUMSUB', unpack(channels))
for i, log in ipairs(logs) do
  local bytes = bytes_of(log)
  if bytes then
    local room = { channels[i], bytes, redis.call('PEXPIRETIME', log), subscribers[2 * i] }
    for _, value in ipairs(room) do answer[#answer + 1] = value end
  end
end
return answer
`;

/**
 * Drops the logs of rooms, in order, until enough bytes are free. A room's position stays, so its readers are told that
 * the messages have expired. One that somebody has published to meanwhile is spared, and so is one that has got a member.
 *
 * KEYS: the lease; for each room: head, log.
 * ARGV: pod, bytes to free; for each room: the time at which its log was to expire, and its channel, or nothing if it may
 *   have members.
 * Answers the bytes and the logs that were dropped: nothing if another pod has the lease.
 */
export const DROP = `
${BYTES_OF}
local freed, dropped = 0, 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { freed, dropped } end
for at = 2, #KEYS, 2 do
  if freed >= tonumber(ARGV[2]) then break end
  local head, log, expires, channel = KEYS[at], KEYS[at + 1], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local bytes = bytes_of(log)
  local has_members = channel ~= '' and redis.call('PUBSUB', 'NUMSUB', channel)[2] > 0
  if bytes and not has_members and redis.call('PEXPIRETIME', log) == expires then
    local sum = redis.pcall('HGET', head, 'bytes')
    redis.call('UNLINK', log)
    -- As after a trim: the bytes before the oldest message that is kept.
    if type(sum) == 'string' then redis.call('HSET', head, 'floor', sum) end
    freed = freed + bytes
    dropped = dropped + 1
  end
end
return { freed, dropped }
`;
