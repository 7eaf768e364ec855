/**
 * The budget store's Lua: each script is one atomic step, whoever else is at work.
 *
 * Keys (all in one hash slot, so a cluster can serve them): `b:<bucket>` holds `spent`, `held` and, once it was set from
 * the ledger while calls went on, `corrected`, when that was in ms of Redis's clock; `p:<process>` lives as long as the process renews it; `h:<process>` holds its open holds by call id, each as amount and buckets;
 * `processes` names all; `r:<call>` marks a hold that was taken back from a dead process, `s:<call>` a settlement
 * without a hold. Numbers in Lua are doubles: exact to 9 million dollars a bucket.
 */

const common = `
local function readBucket(key)
  local values = redis.call('HMGET', key, 'spent', 'held')
  if not values[1] then return nil end
  return tonumber(values[1]), tonumber(values[2] or '0')
end
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
 * KEYS: holds of this process, its life, buckets… ARGV: call id, amount, 1 if enforced, lease in ms, limits…
 * Answers: {'missing', numbers of buckets that the ledger must restore first…}, or {'refused' | 'held', and for each
 * bucket spent, held}. Repeating a hold that is there changes nothing.
 */
export const holdScript: string = `${common}
local callId, amount, isEnforced, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]
local spent, held, missing, isRefused = {}, {}, {'missing'}, false
local isRepeated = redis.call('HEXISTS', KEYS[1], callId) == 1
for i = 1, #KEYS - 2 do
  spent[i], held[i] = readBucket(KEYS[i + 2])
  if not spent[i] then table.insert(missing, tostring(i))
  elseif isEnforced and amount > 0 and spent[i] + held[i] + amount > tonumber(ARGV[i + 4]) then isRefused = true end
end
if #missing > 1 then return missing end
local isNew = not isRefused and not isRepeated
local answer = {(isRefused and not isRepeated) and 'refused' or 'held'}
local buckets = {}
for i = 1, #KEYS - 2 do
  if isNew then
    if amount > 0 then redis.call('HINCRBY', KEYS[i + 2], 'held', text(amount)) end
    held[i] = held[i] + amount
    buckets[i] = KEYS[i + 2]
  end
  table.insert(answer, text(spent[i]))
  table.insert(answer, text(held[i]))
end
if isNew then
  redis.call('HSET', KEYS[1], callId, cjson.encode({amount = ARGV[2], buckets = buckets}))
  redis.call('SET', KEYS[2], '1', 'PX', lease)
end
return answer
`;

/** KEYS: buckets… Answers as the hold does: {'missing', …} or {'read', spent, held, …}. */
export const readScript: string = `${common}
local missing, answer = {'missing'}, {'read'}
for i = 1, #KEYS do
  local spent, held = readBucket(KEYS[i])
  if not spent then table.insert(missing, tostring(i))
  else
    table.insert(answer, text(spent))
    table.insert(answer, text(held))
  end
end
return #missing > 1 and missing or answer
`;

/**
 * KEYS: holds of this process, mark of a hold taken back, mark of a settlement without a hold, buckets…
 * ARGV: call id, cost, 1 if it had a hold, seconds to keep a mark, when its record was made (Redis's clock, never too late).
 * Answers: {'already'} or {'settled', spent, held, …} with '' for buckets that are not there: they will be restored
 * from the ledger, which has this call. {'doubtful', …} is the same, where a bucket was corrected after the record was made:
 * the correction may hold this cost, so it is not added there; who settles has to compare with the ledger.
 */
export const settleScript: string = `${common}
local callId, cost, hadHold, recordedAt = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[5])
local stored = redis.call('HGET', KEYS[1], callId)
if stored then
  redis.call('HDEL', KEYS[1], callId)
  release(stored)
elseif hadHold then
  if redis.call('DEL', KEYS[2]) == 0 then return {'already'} end
end
if not hadHold and redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[4]) == false then return {'already'} end
local answer = {'settled'}
for i = 4, #KEYS do
  local spent, held = readBucket(KEYS[i])
  local added = cost
  if spent and cost > 0 then
    local corrected = redis.call('HGET', KEYS[i], 'corrected')
    if corrected and recordedAt <= tonumber(corrected) then
      added, answer[1] = 0, 'doubtful'
    else
      redis.call('HINCRBY', KEYS[i], 'spent', text(cost))
    end
  end
  table.insert(answer, spent and text(spent + added) or '')
  table.insert(answer, spent and text(held) or '')
end
return answer
`;

/** KEYS: bucket. ARGV: spent so far, its lifetime in ms. Keeps what is there: another process may have been first. */
export const restoreScript: string = `
if redis.call('HSETNX', KEYS[1], 'spent', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'held', '0')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
`;

/** KEYS: bucket. ARGV: spent as it was read, spent by the ledger. Sets it where nothing has moved and nothing is held. */
export const correctScript: string = `${common}
local spent, held = readBucket(KEYS[1])
if spent ~= tonumber(ARGV[1]) or held ~= 0 then return 0 end
redis.call('HSET', KEYS[1], 'spent', ARGV[2], 'corrected', text(nowMs()))
return 1
`;

/** KEYS: announcements of a bucket. ARGV: what, lifetime in ms. Answers 1 the first time. */
export const announceScript: string = `
local isFirst = redis.call('HSETNX', KEYS[1], ARGV[1], '1')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return isFirst
`;

/**
 * KEYS: life of this process, set of processes. ARGV: this process, lease in ms, key prefix, seconds to keep a mark.
 * Renews the lease and takes back the holds of processes whose lease is over. Answers how many holds, and Redis's time in ms.
 */
export const renewScript: string = `${common}
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
local prefix, taken = ARGV[3], 0
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
  end
end
return {text(taken), text(nowMs())}
`;
