import { GLOBAL } from '../../domain/names.js';
import { asList, asText } from './connection.js';
import type { Keys } from './keys.js';
import type { Run } from './run.js';

/** What the scripts call, and what stands behind the key. */
const ALWAYS = 'TIME,GET,SET v,EXPIRE 1,ZADD 1 m,ZRANGE 0 0,ZREMRANGEBYSCORE 0 0,XADD * f v,XRANGE - +';
const FOR_A_LOG =
  'INCR,DEL,EXISTS,EXPIREAT 1,HGET f,HMGET f,HSET f v,HSETNX f v,HEXISTS f,HKEYS,XREVRANGE + -,XTRIM MINID 0';

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
  local words = {}
  for word in string.gmatch(call, '%S+') do words[#words + 1] = word end
  if words[1] == 'TIME' then need('TIME') end
  for _, key in ipairs(words[1] == 'TIME' and {} or KEYS) do need(words[1], key, unpack(words, 2)) end
end
for i = 2, #ARGV do need('PUBLISH', ARGV[i], '') end
return missing
`;

/** @throws Error that names what is missing */
export async function checkRights({ id, scripts }: Run, keys: Keys, pod: string, sequenced: boolean): Promise<void> {
  const shared = [keys.mark, keys.pods(id), keys.announcements];
  const own = [keys.head('a'), keys.log('a'), ...keys.once('a'), keys.call(pod), keys.calls, keys.base, keys.run(id)];
  const names = sequenced ? [...shared, ...own] : shared;
  const calls = sequenced ? `${ALWAYS},${FOR_A_LOG}` : ALWAYS;
  const channels = [keys.channel(GLOBAL), keys.channel('a'), keys.pod(pod)];
  const missing = asList(await scripts.call(RIGHTS, names, [calls, ...channels])).map(asText);
  if (missing.length === 0) return;
  const list = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' and more' : ''}`;
  throw new Error(`NOPERM the user may not ${list}: grant it by ACL SETUSER, see docs/redis.md`);
}
