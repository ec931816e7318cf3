/**
 * What both scripts begin a room with: its epoch and offset, and whether it is settled in this run of Redis.
 *
 * A Redis that was restarted may have lost what it had not saved, and only the pods can tell. So a room whose head was
 * written in an earlier run is not believed before the pods have agreed on a verdict: `kept` takes it over as it is,
 * `reset` begins a new epoch, and without a verdict there is no answer yet. A new epoch keeps the messages and goes on
 * counting: what is forgotten is only what was sent under which id, as it may speak of messages that are gone.
 */
const SETTLE = `
-- A number that a script has stored; anything else there is not to be reckoned with.
local function whole(text, otherwise)
  local number = tonumber(text)
  if not number or number ~= number or math.abs(number) > 9007199254740991 then return otherwise end
  return math.floor(number)
end

local function settle(verdict, fresh, head, once, must_reset)
  local state = redis.call('HMGET', head, 'epoch', 'offset', 'run', 'bytes', 'floor')
  local epoch, offset, seen = state[1], tonumber(state[2] or 0), state[3]
  local sum, floor = whole(state[4], 0), whole(state[5], 0)
  if not epoch then return fresh, 0, 0, 0 end
  if must_reset and must_reset(epoch, offset, seen) then
    epoch = fresh
  elseif seen == run then
    return epoch, offset, sum, floor
  elseif verdict == '' then
    return nil
  elseif verdict == 'reset' then
    epoch = fresh
  end
  if epoch == fresh then redis.call('DEL', unpack(once)) end
  redis.call('HSET', head, 'epoch', epoch, 'run', run)
  return epoch, offset, sum, floor
end
`;

/**
 * Publishes a batch: for each room it gives offsets, stores the messages and tells the pods in one payload of the form
 * of `payload.ts`. A message that can't be stored fails alone and takes no offset.
 *
 * A call that is sent again, because its answer was lost, gets the first answer and changes nothing.
 *
 * An entry of the log has the frame and the sum of the bytes of all frames so far, and the head that sum and the one before
 * the oldest entry, or less: so nothing has to be read to know that no bytes are too many.
 *
 * What was published under a client's id is remembered in spans of ten minutes of Redis's own clock, for the rest of the
 * span and the next: three hashes take turns, and the third has expired when its turn comes.
 *
 * KEYS: the pod's call key, the number of calls; for each room: head, log, three once hashes.
 * ARGV: call id, pod id, epoch to begin with, history size, history bytes, history TTL, head TTL (seconds), verdict, rooms;
 *   for each room: channel name, number of messages, all messages in one string. A message is four lengths (big-endian,
 *   4 bytes each), and what they are the lengths of: the first half, the second half, the once key, what to remember
 *   under it; the last two are empty where the client gave no id. To remember: a digest of the content (32 characters)
 *   and the receipt.
 * Answers the number of calls (-1 where it can't be written), and for each room its epoch and for each message: the
 * offset, or text: `C` conflict, `D` and the receipt remembered, `E` and an error. A room that is not settled yet answers
 * an empty epoch and nothing else.
 */
export const PUBLISH = `
${SETTLE}
local call = redis.call('GET', KEYS[1])
if call and string.sub(call, 1, #ARGV[1]) == ARGV[1] then
  return cmsgpack.unpack(string.sub(call, #ARGV[1] + 1))
end
local pod, fresh, size, most = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local history_ttl, head_ttl, verdict = ARGV[6], ARGV[7], ARGV[8]
local span = math.floor(tonumber(redis.call('TIME')[1]) / 600)
local at, answers = 10, {}
local calls = redis.pcall('INCR', KEYS[2])
answers[1] = type(calls) == 'number' and calls or -1

local function tell(channel, epoch, first, frames)
  local lengths = {}
  for i, frame in ipairs(frames) do lengths[i] = struct.pack('>I4', #frame) end
  local header = struct.pack('>Bc0c0I8I2', 1, pod, epoch, first, #frames)
  redis.pcall('PUBLISH', channel, header .. table.concat(lengths) .. table.concat(frames))
end

local function remembered(once, before, key, memo)
  if key == '' then return nil end
  local known = redis.call('HGET', once, key) or redis.call('HGET', before, key)
  if not known then return nil end
  if string.sub(known, 1, 32) == string.sub(memo, 1, 32) then return 'D' .. string.sub(known, 33) end
  return 'C'
end

-- Drops the oldest entries beyond so many bytes, but never the newest. Answers the sum of the bytes before what is left.
local function trim(log, sum, newest)
  local count = 2
  while true do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', count)
    for i, entry in ipairs(oldest) do
      local before = whole(entry[2][4], sum) - #entry[2][2]
      if sum - before <= most or entry[1] == newest then
        if i > 1 then redis.call('XTRIM', log, 'MINID', entry[1]) end
        return before
      end
    end
    if #oldest < count then return sum end
    redis.call('XTRIM', log, 'MINID', oldest[count][1])
    count = 16
  end
end

for room = 1, tonumber(ARGV[9]) do
  local key = 5 * room - 2
  local head, log = KEYS[key], KEYS[key + 1]
  local once, before = KEYS[key + 2 + span % 3], KEYS[key + 2 + (span - 1) % 3]
  local channel, count, packed = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local hashes = { KEYS[key + 2], KEYS[key + 3], KEYS[key + 4] }
  local epoch, offset, sum, floor = settle(verdict, fresh, head, hashes)
  if epoch == fresh and offset == 0 then redis.call('DEL', log, unpack(hashes)) end
  local answer, frames, bytes, first = { epoch or '' }, {}, 0, (offset or 0) + 1
  at = at + 3
  if not epoch then count = 0 end
  local from = 1
  for message = 1, count do
    local a, b, c, d, start = struct.unpack('>I4I4I4I4', packed, from)
    local tail, key, memo = start + a, start + a + b, start + a + b + c
    from = memo + d
    key, memo = string.sub(packed, key, memo - 1), string.sub(packed, memo, from - 1)
    local result = remembered(once, before, key, memo)
    if not result then
      local number = string.format('%.0f', offset + 1)
      local halves = { string.sub(packed, start, tail - 1), string.sub(packed, tail, tail + b - 1) }
      local frame = halves[1] .. ',"offset":' .. number .. halves[2]
      local added = redis.pcall('XADD', log, 'MAXLEN', '~', size, number .. '-0', 'f', frame, 'b', string.format('%.0f', sum + #frame))
      if type(added) == 'table' and added.err then
        result = 'E' .. added.err
      else
        offset, sum = offset + 1, sum + #frame
        result = offset
        if key ~= '' then
          redis.call('HSET', once, key, string.sub(memo, 1, 32) .. number .. ' ' .. string.sub(memo, 33))
        end
        if bytes + #frame > 262144 and bytes > 0 then
          tell(channel, epoch, first, frames)
          frames, bytes, first = {}, 0, offset
        end
        frames[#frames + 1] = frame
        bytes = bytes + #frame
      end
    end
    answer[message + 1] = result
  end
  if #frames > 0 then
    local last = string.format('%.0f', offset)
    if sum - floor > most then floor = trim(log, sum, last .. '-0') end
    local bytes_of = { 'bytes', string.format('%.0f', sum), 'floor', string.format('%.0f', floor) }
    redis.call('HSET', head, 'epoch', epoch, 'offset', last, 'run', run, unpack(bytes_of))
    redis.call('EXPIRE', head, head_ttl)
    redis.call('EXPIRE', log, history_ttl)
    redis.call('EXPIREAT', once, 600 * (span + 2))
    tell(channel, epoch, first, frames)
  end
  answers[room + 1] = answer
end
redis.pcall('SET', KEYS[1], ARGV[1] .. cmsgpack.pack(answers), 'EX', 3600)
return answers
`;

/**
 * Reads a room's position and stored messages at one moment, and begins an epoch where there is none. Where the caller
 * knows of messages that the log has not, it was rewound; and a caller that came too late for the verdict can't know.
 * Both begin another epoch.
 *
 * KEYS: head, log, three once hashes.
 * ARGV: epoch to begin with, head TTL (seconds), history size, verdict, epoch known, offset known, 1 if the caller was
 *   late, after, before (or empty), limit.
 * Answers epoch, offset, 1 if there are further messages in that direction, and each message's stream id and frame; or
 * nothing, where the room is not settled yet.
 */
export const READ = `
${SETTLE}
local fresh, head_ttl, size = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known_epoch, known_offset, late = ARGV[5], tonumber(ARGV[6]), ARGV[7] == '1'
local after, before, limit = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function rewound(epoch, offset, seen)
  if epoch ~= known_epoch then return known_epoch ~= '' and seen ~= run end
  return late or offset < known_offset
end
local epoch, offset = settle(ARGV[4], fresh, KEYS[1], { KEYS[3], KEYS[4], KEYS[5] }, rewound)
if not epoch then return {} end
if epoch == fresh and offset == 0 then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0, 'run', run)
end
redis.call('EXPIRE', KEYS[1], head_ttl)

local low = math.max(after or 0, offset - size) + 1
local high = math.min(before and before - 1 or offset, offset)
local entries = {}
if low <= high then
  local from, to = string.format('%.0f-0', low), string.format('%.0f-0', high)
  if after then
    entries = redis.call('XRANGE', KEYS[2], from, to, 'COUNT', limit + 1)
  else
    entries = redis.call('XREVRANGE', KEYS[2], to, from, 'COUNT', limit + 1)
  end
end
local more = #entries > limit and 1 or 0
local answer = { epoch, string.format('%.0f', offset), more }
for i = 1, math.min(#entries, limit) do
  answer[#answer + 1] = entries[i][1]
  answer[#answer + 1] = entries[i][2][2]
end
return answer
`;

/**
 * Says that a pod lives, sends it a sign through its own channel, and looks at the heads of some rooms and at what was
 * announced.
 *
 * KEYS: the pods, the mark, the announcements, heads.
 * ARGV: pod, milliseconds that a sign of life counts, the pod's channel, the sign, a mark to set where there is none, the
 *   id of the last announcement known, how many to give at most.
 * Answers the mark, the pods alive, for each head its epoch and offset, and the announcements with their ids.
 */
export const PULSE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('SET', KEYS[2], ARGV[5], 'NX')
redis.call('PUBLISH', ARGV[3], ARGV[4])
local heads = {}
for i = 4, #KEYS do heads[i - 3] = redis.call('HMGET', KEYS[i], 'epoch', 'offset') end
local announced = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '(' .. ARGV[6], '+', 'COUNT', ARGV[7])) do
  announced[#announced + 1] = entry[1]
  announced[#announced + 1] = entry[2][2]
end
return { redis.call('GET', KEYS[2]), redis.call('ZRANGE', KEYS[1], 0, -1), heads, announced }
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
