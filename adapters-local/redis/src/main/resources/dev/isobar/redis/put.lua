-- KEYS header, versions, states, index; ARGV token, write, then for each state: key, expected version, new version, bytes.
local header = redis.call('HMGET', KEYS[1], 'live', 'token', 'owner', 'write')
if header[1] ~= '1' then
  return {'NOT_FOUND'}
end
-- sent again after its answer was lost
if header[4] == ARGV[2] then
  return {'OK'}
end
if header[2] ~= ARGV[1] then
  return {'FENCED', header[2], header[3]}
end
for i = 3, #ARGV, 4 do
  local there = redis.call('HGET', KEYS[2], ARGV[i]) or '0'
  if there ~= ARGV[i + 1] then
    return {'CONFLICT', there, ARGV[i + 1]}
  end
end
for i = 3, #ARGV, 4 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 3])
  if ARGV[i + 1] == '0' then
    redis.call('ZADD', KEYS[4], 0, ARGV[i])
  end
end
redis.call('HSET', KEYS[1], 'write', ARGV[2])
return {'OK'}
