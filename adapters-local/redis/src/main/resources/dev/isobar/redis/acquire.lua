-- KEYS header; ARGV request, owner, first token. A request that is sent twice gets the same token.
if redis.call('HGET', KEYS[1], 'request') == ARGV[1] then
  return redis.call('HGET', KEYS[1], 'token')
end
local token = redis.call('HGET', KEYS[1], 'token')
-- a string: Lua's numbers are doubles, and a token may be any long
if token then
  redis.call('HINCRBY', KEYS[1], 'token', 1)
else
  redis.call('HSET', KEYS[1], 'token', ARGV[3])
end
redis.call('HSET', KEYS[1], 'live', '1', 'request', ARGV[1], 'owner', ARGV[2])
return redis.call('HGET', KEYS[1], 'token')
