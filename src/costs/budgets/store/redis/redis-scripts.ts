/**
 * The budget store's Lua: each script is one atomic step, whoever else is at work.
 *
 * Keys (all in one hash slot, so a cluster can serve them): `b:<bucket>` holds `spent` and `held`; `p:<process>` lives as long
 * as the process renews it; `h:<process>` holds its open holds by call id, each with amount, buckets and moment; `processes` names all;
 * `r:<call>` marks a hold that was taken back from a dead process, `s:<call>` a settlement without a hold; `doubts` counts what
 * may have cost Redis a settlement. Of a bucket's comparison with the ledger tell redis-comparison-scripts.ts. Numbers in Lua are
 * doubles: exact to 9 million dollars a bucket.
 */

/** What several scripts use. */
export const common: string = `
local function readBucket(key)
  local values = redis.call('HMGET', key, 'spent', 'held', 'checked', 'cutBy')
  if not values[1] then return nil end
  return tonumber(values[1]), tonumber(values[2] or '0'), tonumber(values[3] or '-1'), values[4]
end
local function isAlive(life) return life and redis.call('EXISTS', life) == 1 end
local function countDoubts(key) return tonumber(redis.call('GET', key) or '0') end
local function text(number) return string.format('%.0f', number) end
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function release(stored)
  local hold = cjson.decode(stored)
  if hold.amount == '0' then return end
  for _, key in ipairs(hold.buckets) do
    if redis.call('EXISTS', key) == 1 then redis.call('HINCRBY', key, 'held', '-' .. hold.amount) end
  end
end
`;

/**
 * KEYS: doubts, holds of this process, its life, buckets… ARGV: call id, amount, 1 if enforced, lease in ms, limits…
 * Answers: {'missing', numbers of buckets that the ledger must restore first…}, or {'refused' | 'held', and for each
 * bucket spent, held, then numbers of buckets that are to be compared with the ledger…}. Repeating a hold that is there
 * changes nothing.
 */
export const holdScript: string = `${common}
local callId, amount, isEnforced, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]
local spent, held, missing, doubtful, isRefused = {}, {}, {'missing'}, {}, false
local isRepeated = redis.call('HEXISTS', KEYS[2], callId) == 1
local doubts = countDoubts(KEYS[1])
for i = 1, #KEYS - 3 do
  local checked, cutBy
  spent[i], held[i], checked, cutBy = readBucket(KEYS[i + 3])
  if not spent[i] then table.insert(missing, tostring(i))
  elseif isEnforced and amount > 0 and spent[i] + held[i] + amount > tonumber(ARGV[i + 4]) then isRefused = true end
  if spent[i] and checked < doubts and not isAlive(cutBy) then table.insert(doubtful, tostring(i)) end
end
if #missing > 1 then return missing end
local isNew = not isRefused and not isRepeated
local answer = {(isRefused and not isRepeated) and 'refused' or 'held'}
local buckets = {}
for i = 1, #KEYS - 3 do
  if isNew then
    if amount > 0 then redis.call('HINCRBY', KEYS[i + 3], 'held', text(amount)) end
    held[i] = held[i] + amount
    buckets[i] = KEYS[i + 3]
  end
  table.insert(answer, text(spent[i]))
  table.insert(answer, text(held[i]))
end
for _, number in ipairs(doubtful) do table.insert(answer, number) end
if isNew then
  redis.call('HSET', KEYS[2], callId, cjson.encode({amount = ARGV[2], buckets = buckets, at = text(nowMs())}))
  redis.call('SET', KEYS[3], '1', 'PX', lease)
end
return answer
`;

/** KEYS: doubts, buckets… Answers as the hold does: {'missing', …} or {'read', spent, held, …, numbers…}. */
export const readScript: string = `${common}
local missing, answer, doubtful = {'missing'}, {'read'}, {}
local doubts = countDoubts(KEYS[1])
for i = 1, #KEYS - 1 do
  local spent, held, checked, cutBy = readBucket(KEYS[i + 1])
  if not spent then table.insert(missing, tostring(i))
  else
    table.insert(answer, text(spent))
    table.insert(answer, text(held))
    if checked < doubts and not isAlive(cutBy) then table.insert(doubtful, tostring(i)) end
  end
end
for _, number in ipairs(doubtful) do table.insert(answer, number) end
return #missing > 1 and missing or answer
`;

/**
 * KEYS: holds of this process, mark of a hold taken back, mark of a settlement without a hold, buckets…
 * ARGV: call id, cost, 1 if it had a hold, seconds to keep a mark, when its record was made (Redis's clock, never too late), when
 * the call started.
 * Answers: {'already'} or {'settled', spent, held, …} with '' for buckets that are not there: they will be restored
 * from the ledger, which has this call. {'doubtful', …} is the same, where a bucket was set from the ledger after the record
 * was made: its sum may hold this cost, so it is not added there, and the bucket is to be compared again. So are those of a
 * call whose hold is gone: it was settled before, or Redis lost it.
 */
export const settleScript: string = `${common}
local callId, cost, hadHold = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local recordedAt, startedAt = tonumber(ARGV[5]), tonumber(ARGV[6])
local stored = redis.call('HGET', KEYS[1], callId)
local heldAt = stored and tonumber(cjson.decode(stored).at) or 0
local function doubt(key) redis.call('HDEL', key, 'checked') end
if stored then
  redis.call('HDEL', KEYS[1], callId)
  release(stored)
elseif hadHold and redis.call('DEL', KEYS[2]) == 0 then
  for i = 4, #KEYS do doubt(KEYS[i]) end
  return {'already'}
end
if not hadHold and redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[4]) == false then return {'already'} end
local answer = {'settled'}
for i = 4, #KEYS do
  local spent, held = readBucket(KEYS[i])
  local added = cost
  if spent and cost > 0 then
    local marks = redis.call('HMGET', KEYS[i], 'corrected', 'correctedCut', 'restored', 'cut')
    local isInCorrection = marks[1] and recordedAt <= tonumber(marks[1]) and startedAt < tonumber(marks[2])
    local restored = tonumber(marks[3] or '0')
    local isInRestored = restored > heldAt and recordedAt <= restored
    if isInCorrection or isInRestored then
      added, answer[1] = 0, 'doubtful'
      doubt(KEYS[i])
    else
      redis.call('HINCRBY', KEYS[i], 'spent', text(cost))
      if marks[4] and startedAt >= tonumber(marks[4]) then redis.call('HINCRBY', KEYS[i], 'since', text(cost)) end
    end
  end
  table.insert(answer, spent and text(spent + added) or '')
  table.insert(answer, spent and text(held) or '')
end
return answer
`;

/** KEYS: bucket. ARGV: spent so far, its lifetime in ms. Keeps what is there: another process may have been first. A sum of
 * nothing holds no call, so it needs no mark of when it came. */
export const restoreScript: string = `${common}
if redis.call('HSETNX', KEYS[1], 'spent', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'held', '0')
  if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'restored', text(nowMs())) end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
`;

/** KEYS: announcements of a bucket. ARGV: what, lifetime in ms. Answers 1 the first time. */
export const announceScript: string = `
local isFirst = redis.call('HSETNX', KEYS[1], ARGV[1], '1')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return isFirst
`;

/**
 * KEYS: life of this process, set of processes, doubts. ARGV: this process, lease in ms, key prefix, seconds to keep a mark.
 * Renews the lease, takes back the holds of processes whose lease is over, and counts a doubt for them. Answers how many holds,
 * and Redis's time in ms.
 */
export const renewScript: string = `${common}
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
local prefix, taken, hasDied = ARGV[3], 0, false
for _, process in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('EXISTS', prefix .. 'p:' .. process) == 0 then
    local holds = redis.call('HGETALL', prefix .. 'h:' .. process)
    for i = 1, #holds, 2 do
      release(holds[i + 1])
      redis.call('SET', prefix .. 'r:' .. holds[i], '1', 'EX', ARGV[4])
      taken = taken + 1
    end
    redis.call('DEL', prefix .. 'h:' .. process)
    redis.call('SREM', KEYS[2], process)
    hasDied = true
  end
end
if hasDied then redis.call('INCR', KEYS[3]) end
return {text(taken), text(nowMs())}
`;

/** KEYS: life of this process, set of processes, its holds. ARGV: this process. It ends, and left nothing open. */
export const leaveScript: string = `
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('SREM', KEYS[2], ARGV[1])
  redis.call('DEL', KEYS[1])
end
return 1
`;
