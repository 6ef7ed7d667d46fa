"""The Lua of the transport. Each script is one atomic step, so no message is ever between two places.

A leased message is one field of the hash `grace.leased`: owner, wake list, list and raw text, split by newlines. Its
lease is one member of the sorted set `grace.leases`: when it was last renewed, by the server's clock. The raw text is
kept and pushed back as it came, for cjson would turn empty lists into objects.
"""

_NOW = """
local function now()
  local t = redis.call('TIME')
  return t[1] .. '.' .. string.format('%06d', t[2])
end
"""

_REQUEUE = """
local function requeue(tag, value, push)
  local _, wake, list, text = string.match(value, '^([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  text = string.gsub(text, '"redelivered": false', '"redelivered": true', 1)
  redis.call(push, list, text)
  redis.call('LPUSH', wake, '1')
  redis.call('EXPIRE', wake, 60)
  redis.call('HDEL', KEYS[1], tag)
  redis.call('ZREM', KEYS[2], tag)
end
"""

# KEYS: leased, leases, unreadable, the wake lists, then the lists in the order they are to be tried.
# ARGV: owner, number of wake lists, then for each list its wake list, or '' where nothing is to be leased.
FETCH = (
    _NOW
    + """
local wakes = tonumber(ARGV[2])
for i = 4 + wakes, #KEYS do
  local text = redis.call('RPOP', KEYS[i])
  while text do
    local read, message = pcall(cjson.decode, text)
    local tag = read and type(message) == 'table' and type(message.properties) == 'table'
      and message.properties.delivery_tag
    if type(tag) == 'string' then
      local wake = ARGV[i - wakes - 1]
      if wake ~= '' then
        redis.call('HSET', KEYS[1], tag, ARGV[1] .. '\\n' .. wake .. '\\n' .. KEYS[i] .. '\\n' .. text)
        redis.call('ZADD', KEYS[2], now(), tag)
      end
      return {KEYS[i], text}
    end
    redis.call('LPUSH', KEYS[3], text)
    redis.call('LTRIM', KEYS[3], 0, 999)
    text = redis.call('RPOP', KEYS[i])
  end
end
for i = 4, 3 + wakes do redis.call('DEL', KEYS[i]) end
return false
"""
)

# KEYS: leased, leases, the owner's own wake list. ARGV: owner, tag, '1' to wake the owner's waiting fetch.
SETTLE = """
local value = redis.call('HGET', KEYS[1], ARGV[2])
local mine = value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n'
if mine then
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[2])
end
if ARGV[3] == '1' then
  redis.call('LPUSH', KEYS[3], '1')
  redis.call('EXPIRE', KEYS[3], 60)
end
return mine and 1 or 0
"""

# KEYS: leased, leases, the owner's own wake list. ARGV: owner, tag, '1' to wake the owner's waiting fetch, the push
# command (RPUSH: next in its level, LPUSH: last).
GIVE_BACK = (
    _REQUEUE
    + """
local value = redis.call('HGET', KEYS[1], ARGV[2])
local mine = value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n'
if mine then requeue(ARGV[2], value, ARGV[4]) end
if ARGV[3] == '1' then
  redis.call('LPUSH', KEYS[3], '1')
  redis.call('EXPIRE', KEYS[3], 60)
end
return mine and 1 or 0
"""
)

# KEYS: leased, leases. ARGV: owner, then tags. Returns the tags that are no longer the owner's.
RENEW = (
    _NOW
    + """
local lost, moment = {}, now()
for i = 2, #ARGV do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n' then
    redis.call('ZADD', KEYS[2], 'XX', moment, ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
"""
)

# KEYS: leased, leases. ARGV: lease in seconds, most to move. Returns how many were moved to the front of their level.
RESTORE = (
    _NOW
    + _REQUEUE
    + """
local moved = 0
local expired = redis.call('ZRANGE', KEYS[2], '-inf', string.format('%.6f', now() - ARGV[1]),
  'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, tag in ipairs(expired) do
  local value = redis.call('HGET', KEYS[1], tag)
  if value then
    requeue(tag, value, 'RPUSH')
    moved = moved + 1
  else
    redis.call('ZREM', KEYS[2], tag)
  end
end
return moved
"""
)
