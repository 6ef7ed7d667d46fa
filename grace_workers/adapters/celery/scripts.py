"""The Lua of the transport. Each script is one atomic step, so no message is ever between two places.

A leased message is one field of the hash `grace.leased`: owner, wake list, list and raw text, separated by newlines.
Its lease is one member of the sorted set `grace.leases`: when it was last renewed, by the server's clock. The raw text
is stored and pushed back unchanged, because cjson would turn empty lists into objects.

A parked message is one element of the list `grace.unreadable`: time, list, size, reason and the beginning of its text,
separated by newlines. The broker's content is untrusted: whatever has an unexpected type or shape is parked or removed,
and no script fails at it twice.
"""

# A larger message is parked. The limit leaves room for the largest payload of `grace.submit`, in base64, and its
# envelope.
LARGEST_MESSAGE = 512 * 1024
# How much of a parked message is kept, and how many of them.
KEPT_TEXT = 2_000
KEPT_MESSAGES = 1_000
# The limit for one call, because the broker does nothing else meanwhile.
PARKED_AT_ONCE = 100

_NOW = """
local function now()
  local t = redis.call('TIME')
  return t[1] .. '.' .. string.format('%06d', t[2])
end
"""

_CLEARED = """
local function cleared(key, wanted)
  local found = redis.call('TYPE', key).ok
  if found == 'none' or found == wanted then return nil end
  redis.call('DEL', key)
  return found
end
"""

# `where` is the position in KEYS of the parked list; the next key counts all messages ever parked.
_PARK = (
    _CLEARED
    + f"""
local function park(where, list, text, why)
  cleared(KEYS[where], 'list')
  cleared(KEYS[where + 1], 'string')
  local note = {{now(), list, #text, why, string.sub(text, 1, {KEPT_TEXT})}}
  redis.call('LPUSH', KEYS[where], table.concat(note, '\\n'))
  redis.call('LTRIM', KEYS[where], 0, {KEPT_MESSAGES - 1})
  local count = tonumber(redis.call('GET', KEYS[where + 1])) or 0
  redis.call('SET', KEYS[where + 1], string.format('%.0f', count + 1))
end
"""
)

_REQUEUE = """
local function push_list(list, value, push)
  local reply = redis.pcall(push, list, value)
  if type(reply) == 'table' and reply.err then
    if not cleared(list, 'list') then return reply end
    redis.call(push, list, value)
  end
end

local function requeue(tag, value, push)
  local _, wake, list, text = string.match(value, '^([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  local failed
  if list then
    text = string.gsub(text, '"redelivered": false', '"redelivered": true', 1)
    failed = push_list(list, text, push) or push_list(wake, '1', 'LPUSH')
    if failed then return failed end
    redis.call('EXPIRE', wake, 60)
  else
    park(3, '', value, 'what was leased is no message')
  end
  redis.call('HDEL', KEYS[1], tag)
  redis.call('ZREM', KEYS[2], tag)
end
"""

# A script whose first write needs no memory may go on writing when the broker's memory is full.
_WHEN_FULL = "redis.call('ZREM', KEYS[2], '')\n"

_SOUND = """
cleared(KEYS[1], 'hash')
cleared(KEYS[2], 'zset')
"""

_MINE = """
local value = redis.call('HGET', KEYS[1], ARGV[2])
local mine = value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n'
"""

_WAKE_OWNER = """
if ARGV[3] == '1' then
  redis.call('LPUSH', KEYS[5], '1')
  redis.call('EXPIRE', KEYS[5], 60)
end
return mine and 1 or 0
"""

# KEYS: leased, leases, parked list, its count, the wake lists, then the lists in the order in which to try them.
# ARGV: owner, number of wake lists, then for each list its wake list, or '' if nothing is to be leased.
# Returns list, text and delivery tag; 1 when it only parked and there may be more; false when nothing was there.
FETCH = (
    _NOW
    + _PARK
    + f"""
local function tag_of(text)
  if #text > {LARGEST_MESSAGE} then return nil, 'it is larger than {LARGEST_MESSAGE} bytes' end
  local read, message = pcall(cjson.decode, text)
  if not read or type(message) ~= 'table' then return nil, 'it is not JSON' end
  local tag = type(message.properties) == 'table' and message.properties.delivery_tag
  if type(tag) ~= 'string' or tag == '' or #tag > 255 then return nil, 'it has no delivery tag' end
  return tag
end

local function lease(list, wake, tag, text)
  local value = ARGV[1] .. '\\n' .. wake .. '\\n' .. list .. '\\n' .. text
  local fresh = redis.pcall('HSETNX', KEYS[1], tag, value)
  if type(fresh) == 'table' then
    cleared(KEYS[1], 'hash')
    fresh = redis.call('HSETNX', KEYS[1], tag, value)
  end
  if fresh == 0 then return 'another message holds its delivery tag' end
  if type(redis.pcall('ZADD', KEYS[2], now(), tag)) == 'table' then
    cleared(KEYS[2], 'zset')
    redis.call('ZADD', KEYS[2], now(), tag)
  end
end

local wakes, parked = tonumber(ARGV[2]), 0
for i = 5 + wakes, #KEYS do
  local text = redis.pcall('RPOP', KEYS[i])
  while text do
    if type(text) == 'table' then
      local found = cleared(KEYS[i], 'list')
      if not found then return text end
      park(3, KEYS[i], '', 'a ' .. found .. ' stood in the place of a queue')
    else
      local tag, why = tag_of(text)
      local wake = ARGV[i - wakes - 2]
      if tag and wake ~= '' then why = lease(KEYS[i], wake, tag, text) end
      if not why then return {{KEYS[i], text, tag}} end
      park(3, KEYS[i], text, why)
    end
    parked = parked + 1
    if parked == {PARKED_AT_ONCE} then return 1 end
    text = redis.pcall('RPOP', KEYS[i])
  end
end
for i = 5, 4 + wakes do redis.call('DEL', KEYS[i]) end
return parked > 0 and 1 or false
"""
)

# KEYS: leased, leases, parked list, its count, the owner's own wake list.
# ARGV: owner, tag, '1' to wake the owner's waiting fetch.
SETTLE = (
    _WHEN_FULL
    + _MINE
    + """
if mine then
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[2])
end
"""
    + _WAKE_OWNER
)

# As SETTLE, with one more ARGV: the push command (RPUSH: next in its level, LPUSH: last).
GIVE_BACK = (
    _WHEN_FULL
    + _NOW
    + _PARK
    + _REQUEUE
    + _MINE
    + """
if mine then
  local failed = requeue(ARGV[2], value, ARGV[4])
  if failed then return failed end
end
"""
    + _WAKE_OWNER
)

# As SETTLE, with one more ARGV: why the message is parked.
PARK = (
    _WHEN_FULL
    + _NOW
    + _PARK
    + _MINE
    + """
if mine then
  local _, _, list, text = string.match(value, '^([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  park(3, list or '', text or value, ARGV[4])
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[2])
end
"""
    + _WAKE_OWNER
)

# KEYS: leased, leases. ARGV: owner, then tags. Returns the tags that are no longer the owner's.
RENEW = (
    _NOW
    + _CLEARED
    + _SOUND
    + _WHEN_FULL
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

# KEYS: leased, leases, parked list, its count. ARGV: lease in seconds, most to move.
# Returns how many were moved to the front of their level.
RESTORE = (
    _NOW
    + _PARK
    + _REQUEUE
    + _SOUND
    + _WHEN_FULL
    + """
local moved = 0
local expired = redis.call('ZRANGE', KEYS[2], '-inf', string.format('%.6f', now() - ARGV[1]),
  'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, tag in ipairs(expired) do
  local value = redis.call('HGET', KEYS[1], tag)
  if value then
    local failed = requeue(tag, value, 'RPUSH')
    if failed then return failed end
    moved = moved + 1
  else
    redis.call('ZREM', KEYS[2], tag)
  end
end
return moved
"""
)

# KEYS: wake lists. Removes those that are not lists, because waiting for a token on them would fail.
CLEAR = (
    _CLEARED
    + """
local removed = 0
for i = 1, #KEYS do
  if cleared(KEYS[i], 'list') then removed = removed + 1 end
end
return removed
"""
)
