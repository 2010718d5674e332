-- KEYS header, versions, states, index. The header stays, so that no token is given twice.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'live', '0')
end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
return 1
