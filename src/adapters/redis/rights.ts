import { GLOBAL } from '../../domain/names.js';
import { asList, asText } from './connection.js';
import type { Keys } from './keys.js';
import type { Run } from './run.js';

/** What the scripts call; `K` stands for a key. */
const ALWAYS = 'TIME,GET K,SET K v,EXPIRE K 1,ZADD K 1 m,ZRANGE K 0 0,ZREMRANGEBYSCORE K 0 0,XADD K * f v,XRANGE K - +';
const FOR_A_LOG =
  'INCR K,DEL K,EXISTS K,EXPIREAT K 1,HGET K f,HMGET K f,HSET K f v,HSETNX K f v,HEXISTS K f,HKEYS K,XREVRANGE K + -,XTRIM K MINID 0';
const FOR_SWEEPS = 'SCAN 0,MEMORY USAGE K,PEXPIRETIME K,UNLINK K,PUBSUB NUMSUB c';

/**
 * Asks what the user may not do, of all that scripts do. A script that is refused in the middle leaves what it has done,
 * so this is asked before the first one is called. Redis before 7.0 can't say it.
 *
 * KEYS: one of each kind. ARGV: the calls, then the channels to publish to.
 */
export const RIGHTS = `
local missing = {}
local function need(...)
  if not redis.acl_check_cmd(...) then missing[#missing + 1] = table.concat({ ... }, ' ', 1, math.min(2, select('#', ...))) end
end
if not redis.acl_check_cmd then return missing end
for call in string.gmatch(ARGV[1], '[^,]+') do
  local words, place = {}, nil
  for word in string.gmatch(call, '%S+') do
    words[#words + 1] = word
    if word == 'K' then place = #words end
  end
  for _, key in ipairs(place and KEYS or { false }) do
    if place then words[place] = key end
    need(unpack(words))
  end
end
for i = 2, #ARGV do need('PUBLISH', ARGV[i], '') end
return missing
`;

interface Asked {
  readonly keys: Keys;
  readonly pod: string;
  readonly sequenced: boolean;
  readonly sweeps: boolean;
}

/** @throws Error that names what is missing */
export async function checkRights({ id, scripts }: Run, { keys, pod, sequenced, sweeps }: Asked): Promise<void> {
  const shared = [keys.mark, keys.pods(id), keys.announcements];
  const own = [keys.head('a'), keys.log('a'), ...keys.once('a'), keys.call(pod), keys.calls, keys.base, keys.run(id)];
  const names = [...shared, ...(sequenced ? own : []), ...(sweeps ? [keys.sweeper] : [])];
  const calls = [ALWAYS, ...(sequenced ? [FOR_A_LOG] : []), ...(sweeps ? [FOR_SWEEPS] : [])].join();
  const channels = [keys.channel(GLOBAL), keys.channel('a'), keys.pod(pod)];
  const missing = asList(await scripts.call(RIGHTS, names, [calls, ...channels])).map(asText);
  if (missing.length === 0) return;
  const list = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' and more' : ''}`;
  throw new Error(`NOPERM the user may not ${list}: grant it by ACL SETUSER, see docs/redis.md`);
}
