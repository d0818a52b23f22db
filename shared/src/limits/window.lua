-- One request against the sliding-window log of one user and class.
-- KEYS: what passed (score = when), what did not (score = when one more would have).
-- ARGV: now and window in ms, limit, update id, how many refusals are kept.
-- Returns the milliseconds to wait; 0 when the request passes.
local now, window, limit, id = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if redis.call('ZSCORE', KEYS[1], id) then
  return 0
end
local refused = redis.call('ZSCORE', KEYS[2], id)
if refused then
  return math.max(tonumber(refused) - now, 1)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local count = redis.call('ZCARD', KEYS[1])
if count < limit then
  redis.call('ZADD', KEYS[1], now, id)
  redis.call('PEXPIRE', KEYS[1], window)
  return 0
end
local free_at = now + window
if limit > 0 then
  free_at = tonumber(redis.call('ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')[2]) + window
end
redis.call('ZADD', KEYS[2], free_at, id)
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[2], window)
return math.max(free_at - now, 1)
