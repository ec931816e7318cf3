import { createHash } from 'node:crypto';

/** A Lua script and the name that Redis knows it by once it has seen it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * Publishes a batch: for each room it gives offsets, stores the messages and tells the pods in one payload of the form
 * of `payload.ts`. A message that can't be stored fails alone and takes no offset.
 *
 * A call that is sent again, because its answer was lost, gets the first answer and changes nothing.
 *
 * What was published under a client's id is remembered in spans of ten minutes of Redis's own clock, for the rest of the
 * span and the next: three hashes take turns, and the third has expired when its turn comes.
 *
 * KEYS: the pod's call key; for each room: head, log, three once hashes.
 * ARGV: call id, pod id, epoch to begin with, history size, history TTL, head TTL (seconds), rooms;
 *   for each room: channel name, messages; for each message: bytes of both halves, length of the first half, once key
 *   (or empty), digest of the content (32 characters), receipt to remember.
 * Answers, for each room, its epoch and for each message: the offset, or text: `C` conflict, `D` and the receipt
 * remembered, `E` and an error.
 */
export const PUBLISH = script(`
local call = redis.call('GET', KEYS[1])
if call and string.sub(call, 1, #ARGV[1]) == ARGV[1] then
  return cmsgpack.unpack(string.sub(call, #ARGV[1] + 1))
end
local pod, fresh, size = ARGV[2], ARGV[3], ARGV[4]
local history_ttl, head_ttl = ARGV[5], ARGV[6]
local span = math.floor(tonumber(redis.call('TIME')[1]) / 600)
local at, answers = 8, {}

local function tell(channel, epoch, first, frames)
  local lengths = {}
  for i, frame in ipairs(frames) do lengths[i] = struct.pack('>I4', #frame) end
  local header = struct.pack('>Bc0c0I8I2', 1, pod, epoch, first, #frames)
  redis.pcall('PUBLISH', channel, header .. table.concat(lengths) .. table.concat(frames))
end

local function remembered(once, before, key, digest)
  if key == '' then return nil end
  local known = redis.call('HGET', once, key) or redis.call('HGET', before, key)
  if not known then return nil end
  if string.sub(known, 1, 32) == digest then return 'D' .. string.sub(known, 33) end
  return 'C'
end

for room = 1, tonumber(ARGV[7]) do
  local key = 5 * room - 3
  local head, log = KEYS[key], KEYS[key + 1]
  local once, before = KEYS[key + 2 + span % 3], KEYS[key + 2 + (span - 1) % 3]
  local channel, count = ARGV[at], tonumber(ARGV[at + 1])
  local state = redis.call('HMGET', head, 'epoch', 'offset')
  local epoch, offset = state[1], tonumber(state[2] or 0)
  if not epoch then
    epoch, offset = fresh, 0
    redis.call('DEL', log, KEYS[key + 2], KEYS[key + 3], KEYS[key + 4])
  end
  local answer, frames, bytes, first = { epoch }, {}, 0, offset + 1
  at = at + 2
  for message = 1, count do
    local halves, split, key, digest, receipt = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
    at = at + 5
    local result = remembered(once, before, key, digest)
    if not result then
      local number = string.format('%.0f', offset + 1)
      local frame = string.sub(halves, 1, split) .. ',"offset":' .. number .. string.sub(halves, split + 1)
      local added = redis.pcall('XADD', log, 'MAXLEN', '~', size, number .. '-0', 'f', frame)
      if type(added) == 'table' and added.err then
        result = 'E' .. added.err
      else
        offset = offset + 1
        result = offset
        if key ~= '' then redis.call('HSET', once, key, digest .. number .. ' ' .. receipt) end
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
    redis.call('HSET', head, 'epoch', epoch, 'offset', string.format('%.0f', offset))
    redis.call('EXPIRE', head, head_ttl)
    redis.call('EXPIRE', log, history_ttl)
    redis.call('EXPIREAT', once, 600 * (span + 2))
    tell(channel, epoch, first, frames)
  end
  answers[room] = answer
end
redis.pcall('SET', KEYS[1], ARGV[1] .. cmsgpack.pack(answers), 'EX', 3600)
return answers
`);

/**
 * Reads a room's position and stored messages at one moment, and begins an epoch where there is none. Where the caller
 * knows of messages that the log has not (it was rewound), it begins another.
 *
 * KEYS: head, log.
 * ARGV: epoch to begin with, head TTL (seconds), history size, epoch known, offset known, after, before (or empty), limit.
 * Answers epoch, offset, 1 if there are further messages in that direction, and each message's stream id and frame.
 */
export const READ = script(`
local fresh, head_ttl, size = ARGV[1], ARGV[2], tonumber(ARGV[3])
local after, before, limit = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local state = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
local epoch, offset = state[1], tonumber(state[2] or 0)
if not epoch or (epoch == ARGV[4] and offset < tonumber(ARGV[5])) then
  epoch, offset = fresh, 0
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0)
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
`);
