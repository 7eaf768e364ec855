/**
 * The limit store's Lua: one atomic step for all limits of a call, whoever else is at work.
 *
 * KEYS: one hash for each limit, all in one slot: `r`, `t` (what is left of requests and tokens), `at` (when they were
 * filled), and for each process `c:<process>`, its running calls and when it said so. Counts of a process that has not
 * repeated them within the lease are dropped: it is dead. The clock is Redis's own.
 *
 * ARGV: process, lease in ms, 1 to enter or 0 to tell only, then for each limit: requests a minute, tokens a minute, calls
 * at once (each -1 for none), running calls of this process, tokens to take.
 * Answers: {"entered"} or {"refused", number of the limit, what, wait in ms}, of several the one that holds longest; then
 * for each limit: requests, tokens left.
 */
export const limitScript: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local process, lease, isEntering = 'c:' .. ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local members, refusal = {}, nil
local function filled(level, perMinute, elapsed)
  if perMinute < 0 then return 0 end
  return math.min(perMinute, (level or perMinute) + elapsed * perMinute / 60000)
end
local function waitForOne(level, perMinute) return math.ceil((1 - level) * 60000 / perMinute) end
local function refuse(i, what, wait)
  if not refusal or wait > refusal[3] then refusal = {i, what, wait} end
end
for i, key in ipairs(KEYS) do
  local base = 3 + (i - 1) * 5
  local m = {perRequests = tonumber(ARGV[base + 1]), perTokens = tonumber(ARGV[base + 2]),
    most = tonumber(ARGV[base + 3]), own = tonumber(ARGV[base + 4])}
  local stored, running, at = {}, m.own, now
  local fields = redis.call('HGETALL', key)
  for f = 1, #fields, 2 do
    local name, value = fields[f], fields[f + 1]
    if string.sub(name, 1, 2) ~= 'c:' then stored[name] = tonumber(value)
    elseif name ~= process then
      local count, saidAt = string.match(value, '^(%d+)@(%d+)$')
      if count and now - tonumber(saidAt) < lease then running = running + tonumber(count)
      else redis.call('HDEL', key, name) end
    end
  end
  local elapsed = math.max(0, now - (stored.at or now))
  m.requests = filled(stored.r, m.perRequests, elapsed)
  m.tokens = filled(stored.t, m.perTokens, elapsed)
  if m.perTokens >= 0 then m.tokens = m.tokens - tonumber(ARGV[base + 5]) end
  if isEntering then
    if m.most >= 0 and running >= m.most then refuse(i, 'calls', 1000) end
    if m.perTokens >= 0 and m.tokens <= 0 then refuse(i, 'tokens', waitForOne(m.tokens, m.perTokens)) end
    if m.perRequests >= 0 and m.requests < 1 then refuse(i, 'requests', waitForOne(m.requests, m.perRequests)) end
  end
  members[i] = m
end
local answer = refusal and {'refused', tostring(refusal[1]), refusal[2], tostring(refusal[3])} or {'entered'}
for i, key in ipairs(KEYS) do
  local m = members[i]
  if isEntering and not refusal then
    m.requests = m.requests - 1
    m.own = m.own + 1
  end
  local values = {'at', string.format('%.0f', now)}
  if m.perRequests >= 0 then table.insert(values, 'r') table.insert(values, string.format('%.4f', m.requests)) end
  if m.perTokens >= 0 then table.insert(values, 't') table.insert(values, string.format('%.4f', m.tokens)) end
  if m.own > 0 then table.insert(values, process) table.insert(values, string.format('%d@%.0f', m.own, now))
  else redis.call('HDEL', key, process) end
  redis.call('HSET', key, unpack(values))
  local debt = 0
  if m.perTokens > 0 and m.tokens < 0 then debt = math.ceil(-m.tokens * 60000 / m.perTokens) end
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(lease, 120000) + debt))
  table.insert(answer, string.format('%.4f', m.requests))
  table.insert(answer, string.format('%.4f', m.tokens))
end
return answer
`;
