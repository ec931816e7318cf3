/**
 * What PUBLISH and READ begin a room with: its epoch and offset, and whether it is settled in this run of Redis.
 *
 * A Redis that was restarted may have lost what it had not saved, and only the pods can tell. So a room whose head was
 * written in an earlier run is not believed before the pods have agreed on a verdict: `kept` takes it over as it is,
 * `reset` begins a new epoch, and without a verdict there is no answer yet. A new epoch keeps the messages and goes on
 * counting: what is forgotten is only what was sent under which id, as it may speak of messages that are gone.
 *
 * A room without a head is blank: nobody has published to it. Its epoch is then an empty string, for which the caller puts
 * the one that it knows. If something of the room is left, or no pod wrote its head, it begins a fresh epoch.
 */
const SETTLE = `
-- A number that a script has stored; anything else there is not to be reckoned with.
local function whole(text, otherwise)
  local number = tonumber(text)
  if not number or number ~= number or math.abs(number) > 9e15 then return otherwise end
  return math.floor(number)
end

local function settle(verdict, fresh, head, log, once, must_reset)
  local state = redis.call('HMGET', head, 'epoch', 'offset', 'run', 'bytes', 'floor')
  local epoch, offset, seen = state[1], whole(state[2] or 0, -1), state[3]
  local sum, floor = whole(state[4], 0), whole(state[5], 0)
  if not epoch or #epoch ~= 16 or offset < 0 then
    local left = redis.call('DEL', log, unpack(once))
    return (epoch or left > 0) and fresh or '', 0, 0, 0
  end
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
 * Publishes a batch of parts, each some messages of one room: gives them offsets, stores them as one entry of the log and
 * tells the pods. The entry is the very payload that is told, in the form of `payload.ts`; its id is the offset of its
 * first message. A part that can't be stored fails alone and takes no offset.
 *
 * A call that is sent again, because its answer was lost, gets the first answer and changes nothing.
 *
 * The first publish to a blank room keeps the epoch in which its members stand: that of the payload. It may do so only if
 * the store has lost nothing since the pod learned the base epoch. Then the pod's call key still begins with that base,
 * as the pulse wrote it, because a store that was flushed has lost this key too. No key shared by pods is needed for it.
 *
 * An entry has the bytes of all frames before it, and the head those of all and those before the oldest entry, or less: so
 * nothing has to be read to know that no bytes are too many.
 *
 * What was published under a client's id is remembered in spans of ten minutes of Redis's own clock, for the rest of the
 * span and the next: three hashes take turns, and the third has expired when its turn comes.
 *
 * Text is dear: Redis hashes every byte of every string that a script makes. So the pod sends the payload as it is if
 * nobody else has spoken in the room meanwhile, and the script makes another only where somebody has.
 *
 * KEYS: the pod's call key, the number of calls; for each part: head, log, three once hashes.
 * ARGV: call id, pod id, fresh epoch, history size, history bytes, history TTL, head TTL (seconds), verdict, base epoch,
 *   one character per part: `0` if the room may be blank, `1` if the pod knows that it is not;
 *   for each part: channel name, payload, numbers (big-endian, 4 bytes each): the bytes that an offset takes in each frame,
 *   and how many stand before it in each; and what is to be remembered of those that have a client's id: each the number
 *   of the message, two lengths, the once key, and a digest of the content (32 characters) with what the receipt says.
 * Answers the number of calls (-1 where it can't be written), and for each part its epoch and, where all were taken, the
 * first offset; otherwise for each message the offset, or text: `C` conflict, `D` and the receipt remembered, `E` and an
 * error. A part of a room that is not settled yet answers an empty epoch and nothing else, one that failed in the middle
 * has `E` and the error behind it. It fails alone too: what is remembered of the call must be all that the call did.
 */
export const PUBLISH = `
${SETTLE}
local call = redis.call('GET', KEYS[1])
if call and string.sub(call, 17, 16 + #ARGV[1]) == ARGV[1] then
  return cmsgpack.unpack(string.sub(call, #ARGV[1] + 17))
end
local base = call and string.sub(call, 1, 16) or string.rep('-', 16)
local pod, fresh, size, most = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local history_ttl, head_ttl, verdict = ARGV[6], ARGV[7], ARGV[8]
local span = math.floor(tonumber(redis.call('TIME')[1]) / 600)
local answers = {}
local calls = redis.pcall('INCR', KEYS[2])
answers[1] = type(calls) == 'number' and calls or -1

local function decimal(number)
  return string.format('%d', number)
end

-- What is to be remembered of a part, by the number of the message.
local function memos_of(packed)
  local memos, at = {}, 1
  while at <= #packed do
    local message, key, text, start = struct.unpack('>I4I4I4', packed, at)
    at = start + key + text
    local memo = { message = message, key = string.sub(packed, start, start + key - 1), text = string.sub(packed, start + key, at - 1) }
    memos[#memos + 1] = memo
  end
  return memos
end

-- Says of each message that was published before what it is answered, or which message of the part it repeats.
local function repeated(memos, once, before)
  local keys, known, first = {}, {}, {}
  for i, memo in ipairs(memos) do keys[i] = memo.key end
  local now = redis.call('HMGET', once, unpack(keys))
  local earlier = redis.call('EXISTS', before) == 1 and redis.call('HMGET', before, unpack(keys)) or {}
  for i, memo in ipairs(memos) do
    local same = first[memo.key]
    local text = now[i] or earlier[i] or same and same.text
    if not text then
      first[memo.key] = memo
    elseif string.sub(text, 1, 32) ~= string.sub(memo.text, 1, 32) then
      known[memo.message] = 'C'
    else
      known[memo.message] = same or 'D' .. string.sub(text, 33)
    end
  end
  return known
end

-- Drops the oldest entries beyond so many bytes, but never the newest. Answers the bytes before what is left.
local function trim(log, sum, newest)
  local count = 2
  while true do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', count)
    for i, entry in ipairs(oldest) do
      local before = whole(entry[2][4], sum)
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

-- The payload of those messages that are not known, which offset each gets, the last one, and the bytes of the frames.
-- The one given serves where its offsets are right; otherwise they are cut out of it.
local function compose(epoch, offset, known, given, layout)
  local count, blank = struct.unpack('>I2', given, 58), struct.unpack('>I4', layout)
  local offsets, start = {}, 60 + 4 * count
  local header = struct.pack('>Bc0c0c0I8', 1, seal, pod, epoch, offset + 1)
  if not next(known) and string.sub(given, 1, #header) == header then
    for message = 1, count do offsets[message] = offset + message end
    return given, offsets, offset + count, #given - start + 1
  end

  local pieces, sizes, last, bytes, from = { '', '' }, {}, offset, 0, start
  for message = 1, count do
    local size = struct.unpack('>I4', given, 56 + 4 * message)
    if known[message] then
      pieces[#pieces + 1] = string.sub(given, from, start - 1)
      from = start + size
    else
      last = last + 1
      local head, place = struct.unpack('>I4', layout, 4 * message + 1), ',"offset":' .. decimal(last)
      pieces[#pieces + 1] = string.sub(given, from, start + head - 1)
      pieces[#pieces + 1] = place
      from = start + head + blank
      local new_size = size - blank + #place
      sizes[#sizes + 1] = struct.pack('>I4', new_size)
      bytes = bytes + new_size
      offsets[message] = last
    end
    start = start + size
  end
  pieces[#pieces + 1] = string.sub(given, from)
  pieces[1] = header .. struct.pack('>I2', last - offset)
  pieces[2] = table.concat(sizes)
  return table.concat(pieces), offsets, last, bytes
end

-- What is stored under a client's id: the digest, then offset, time and id of the message.
local function remember(once, memos, offsets)
  local fields = {}
  for _, memo in ipairs(memos) do
    local offset = offsets[memo.message]
    if offset then
      memo.text = string.sub(memo.text, 1, 32) .. decimal(offset) .. ' ' .. string.sub(memo.text, 33)
      fields[#fields + 1] = memo.key
      fields[#fields + 1] = memo.text
    end
  end
  if #fields == 0 then return end
  redis.call('HSET', once, unpack(fields))
  redis.call('EXPIREAT', once, 600 * (span + 2))
end

-- The epoch of the first message in a blank room.
local function begins(part, given)
  if base ~= ARGV[9] or string.sub(ARGV[10], part, part) == '1' then return fresh end
  return string.sub(given, 34, 49)
end

local function publish(part, channel, given, layout, packed)
  local key = 5 * part - 2
  local head, log, hashes = KEYS[key], KEYS[key + 1], { KEYS[key + 2], KEYS[key + 3], KEYS[key + 4] }
  local once, before = hashes[1 + span % 3], hashes[1 + (span - 1) % 3]
  local epoch, offset, sum, floor = settle(verdict, fresh, head, log, hashes)
  if not epoch then return { '' } end
  if epoch == '' then epoch = begins(part, given) end

  local memos = memos_of(packed)
  local known = #memos > 0 and repeated(memos, once, before) or {}
  local payload, offsets, last, bytes = compose(epoch, offset, known, given, layout)
  local refused
  if last > offset then
    local newest = decimal(offset + 1) .. '-0'
    -- Entries are dropped whole. One has at most 64 messages, so none that is kept goes with them.
    local least = decimal(math.max(0, last - size - 62))
    local added = redis.pcall('XADD', log, 'MINID', '~', least, newest, 'm', payload, 'b', decimal(sum))
    if type(added) == 'table' and added.err then
      refused = 'E' .. added.err
    else
      sum = sum + bytes
      if sum - floor > most then floor = trim(log, sum, newest) end
      local fields = { 'offset', decimal(last), 'bytes', decimal(sum), 'floor', decimal(floor) }
      redis.call('HSET', head, 'epoch', epoch, 'run', run, unpack(fields))
      redis.call('EXPIRE', head, head_ttl)
      redis.call('EXPIRE', log, history_ttl)
      remember(once, memos, offsets)
      redis.pcall('PUBLISH', channel, payload)
    end
  end

  if not refused and not next(known) then return { epoch, offset + 1 } end
  local answer = { epoch }
  for message = 1, #layout / 4 - 1 do
    local before = known[message]
    if type(before) == 'table' then before = not refused and 'D' .. string.sub(before.text, 33) end
    answer[message + 1] = before or refused or offsets[message]
  end
  return answer
end

for part = 1, #ARGV[10] do
  local at = 4 * part + 7
  local done, answer = pcall(publish, part, ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  answers[part + 1] = done and answer or { '', 'E' .. (type(answer) == 'table' and answer.err or tostring(answer)) }
end
redis.pcall('SET', KEYS[1], base .. ARGV[1] .. cmsgpack.pack(answers), 'EX', 3600)
return answers
`;

/**
 * Reads a room's position and stored messages at one moment. Where the caller knows of messages that the log has not, it
 * was rewound; and a caller that came too late for the verdict can't know. Both begin another epoch. A blank room is
 * left as it is: looking at it writes nothing, or joining ever new rooms would fill Redis.
 *
 * KEYS: head, log, three once hashes.
 * ARGV: fresh epoch, head TTL (seconds), history size, verdict, epoch known, offset known, 1 if the caller was
 *   late, after, before (or empty), limit, bytes of frames (or empty), epoch of the room if it is blank.
 * Answers epoch, offset, the first and the last offset to be read, and the entries that hold them, nearest first: in the
 * direction asked for, until there are more messages than the limit, or several of more bytes. Nothing where the room is
 * not settled yet.
 */
export const READ = `
${SETTLE}
local fresh, head_ttl, size = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known_epoch, known_offset, late = ARGV[5], tonumber(ARGV[6]), ARGV[7] == '1'
local after, before, limit = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local most = tonumber(ARGV[11]) or math.huge
local function rewound(epoch, offset, seen)
  if epoch ~= known_epoch then return known_epoch ~= '' and seen ~= run end
  return late or offset < known_offset
end
local epoch, offset = settle(ARGV[4], fresh, KEYS[1], KEYS[2], { KEYS[3], KEYS[4], KEYS[5] }, rewound)
if epoch == '' and known_offset > 0 then epoch = fresh end
if not epoch or epoch == '' and ARGV[4] == '' then return {} end
if epoch == '' then epoch = ARGV[12] end
if epoch == fresh and offset == 0 then redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0, 'run', run) end
redis.call('EXPIRE', KEYS[1], head_ttl)

local low = math.max(after or 0, offset - size) + 1
local high = math.min(before and before - 1 or offset, offset)
local first, last = string.format('%d-0', low), string.format('%d-0', high)
local answer = { epoch, string.format('%d', offset), string.format('%d', low), string.format('%d', high) }

-- The first and the last offset of an entry: the second is in its payload's header.
local function span_of(entry)
  local from = tonumber(string.match(entry[1], '^%d+'))
  local count = #entry[2][2] >= 59 and struct.unpack('>I2', entry[2][2], 58) or 1
  return from, from + count - 1
end

-- The bytes of those frames of an entry that are asked for.
local function bytes_of(payload, from, till)
  local count = till - from + 1
  local bytes = #payload - 59 - 4 * count
  -- What another program has put there may name more frames than it has.
  if bytes < 0 then return #payload end
  for frame = 1, count do
    local offset = from + frame - 1
    if offset < low or offset > high then bytes = bytes - struct.unpack('>I4', payload, 56 + 4 * frame) end
  end
  return bytes
end

-- Reads entry by entry at first, then as many at once as are still wanted if they are like those before: Redis copies all
-- that it is asked for.
local function collect(command, cursor, to)
  local entries, found, bytes, step = 0, 0, 0, 1
  while true do
    local page = redis.call(command, KEYS[2], cursor, to, 'COUNT', step)
    local left = 0
    for _, entry in ipairs(page) do
      local from, till = span_of(entry)
      if till < low then return end
      answer[#answer + 1] = entry[2][2]
      entries = entries + 1
      found = found + math.min(till, high) - math.max(from, low) + 1
      bytes = bytes + bytes_of(entry[2][2], from, till)
      left = after and high - till or from - low
      if left <= 0 or found > limit or (found > 1 and bytes > most) then return end
    end
    if #page < step then return end
    cursor = '(' .. page[#page][1]
    local messages = math.min(left, limit + 1 - found) / math.max(found, 1)
    local share = math.min(messages, (most - bytes) / math.max(bytes, 1))
    step = math.max(1, math.min(4 * step, 64, math.ceil(entries * share)))
  end
end

if low <= high and after then
  -- The entry that holds the first message may begin before it.
  local holder = redis.call('XREVRANGE', KEYS[2], first, '-', 'COUNT', 1)[1]
  if holder and select(2, span_of(holder)) >= low then first = holder[1] end
  collect('XRANGE', first, last)
elseif low <= high then
  collect('XREVRANGE', last, '-')
end
return answer
`;
