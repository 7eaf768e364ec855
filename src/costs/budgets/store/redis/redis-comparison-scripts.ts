/**
 * Lua for comparing a bucket with the ledger while calls go on (redis-doubts.ts has the rule).
 *
 * Fields of a bucket: `checked` is the number of doubts at its last comparison; while one is under way `cut` is its moment (calls
 * that started before it are compared), `cutBy` the life of the process that is at it, `since` what calls have cost that started at
 * the cut or later. `corrected` is when it was last set from the ledger, in ms of Redis's clock, `correctedCut` the latest cut
 * of all corrections; `restored` is when the whole bucket came from the ledger.
 */
import { common } from "./redis-scripts.ts";

/** KEYS: bucket, life of this process, doubts. ARGV: cut. Answers the number of doubts, or '' where it is not for this process. */
export const cutScript: string = `${common}
local spent, _, _, cutBy = readBucket(KEYS[1])
if not spent or (cutBy ~= KEYS[2] and isAlive(cutBy)) then return '' end
redis.call('HSET', KEYS[1], 'cut', ARGV[1], 'cutBy', KEYS[2], 'since', '0')
return text(countDoubts(KEYS[3]))
`;

/** KEYS: bucket, life of this process. Answers what was spent by calls before the cut, or '' where it is another's by now. */
export const beforeCutScript: string = `${common}
local values = redis.call('HMGET', KEYS[1], 'spent', 'since', 'cutBy')
if not values[1] or values[3] ~= KEYS[2] then return '' end
return text(tonumber(values[1]) - tonumber(values[2]))
`;

/**
 * KEYS: bucket, life of this process. ARGV: spent before the cut as it was read, the same by the ledger, number of doubts at the
 * cut. Adds what the bucket lacks and ends the comparison. Answers 'checked', or 'moved' where a call before the cut was settled
 * in between, or '' where the comparison is another's by now. Never takes away: another process may have rows to write.
 */
export const correctScript: string = `${common}
local values = redis.call('HMGET', KEYS[1], 'spent', 'since', 'cutBy', 'cut')
if not values[1] or values[3] ~= KEYS[2] then return '' end
local before = tonumber(values[1]) - tonumber(values[2])
if before ~= tonumber(ARGV[1]) then return 'moved' end
local lacking = tonumber(ARGV[2]) - before
if lacking > 0 then
  redis.call('HINCRBY', KEYS[1], 'spent', text(lacking))
  local earlier = tonumber(redis.call('HGET', KEYS[1], 'correctedCut') or '0')
  local cut = text(math.max(earlier, tonumber(values[4])))
  redis.call('HSET', KEYS[1], 'corrected', text(nowMs()), 'correctedCut', cut)
end
redis.call('HSET', KEYS[1], 'checked', ARGV[3])
redis.call('HDEL', KEYS[1], 'cut', 'cutBy', 'since')
return 'checked'
`;

/** KEYS: doubts. Something may have been lost. */
export const doubtScript: string = `return redis.call('INCR', KEYS[1])`;
