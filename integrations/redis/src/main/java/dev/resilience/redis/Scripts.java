package dev.resilience.redis;

/**
 * What is asked of Redis, in its own language, so that nothing comes in between. Within a script
 * time stands still, and is Redis's own.
 *
 * <p>A script that has written is not stopped for want of memory, and to delete needs none. So each
 * deletion is the first write of its script, and leaves its mark also in a Redis that is full.
 */
final class Scripts {

  private static final String NOW =
      """
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      """;

  /** KEYS[2] names the generation; where there is none, ARGV[1] becomes it. */
  private static final String GENERATION =
      """
      local generation = redis.call('GET', KEYS[2])
      if not generation then
        local made = redis.pcall('SET', KEYS[2], ARGV[1])
        generation = made.err and '' or ARGV[1]
      end
      """;

  private static final String MARK =
      """
      redis.call('DEL', KEYS[1])
      redis.pcall('SET', KEYS[1], mark, 'PX', markFor)
      """;

  /**
   * KEYS: the key, the generation. ARGV: a new generation, the longest value wanted. Brings what
   * stands there, for how long it will, the time, the generation, and whether there is more than
   * wanted.
   */
  static final String READ =
      NOW
          + GENERATION
          + """
          local size = redis.pcall('STRLEN', KEYS[1])
          if type(size) == 'table' then
            return {false, 0, now, generation, 1}
          end
          if size > tonumber(ARGV[2]) then
            return {false, 0, now, generation, 1}
          end
          return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]), now, generation, 0}
          """;

  /**
   * KEYS: the key, the generation. ARGV: what must stand there, what to store, for how long, until
   * when to do so, the generation that it is of. Brings 1 where it was stored.
   */
  static final String FILL =
      NOW
          + """
          if redis.call('GET', KEYS[2]) ~= ARGV[5] then return 0 end
          local there = redis.call('GET', KEYS[1])
          if now <= tonumber(ARGV[4])
              and ((there == false and ARGV[1] == '') or there == ARGV[1]) then
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
          end
          return 0
          """;

  /**
   * KEYS: the key, the generation, the fence. ARGV: a new generation, what to store before and
   * behind the generation, for how long, a mark, for how long. Brings 1; 0 at a fence; 2 and the
   * error where there is no memory, and the key was deleted instead.
   */
  static final String SET =
      "if redis.call('EXISTS', KEYS[3]) == 1 then return {0} end "
          + GENERATION
          + """
          local set = redis.pcall('SET', KEYS[1], ARGV[2] .. generation .. ARGV[3], 'PX', ARGV[4])
          if not set.err then return {1} end
          local mark, markFor = ARGV[5], ARGV[6]
          """
          + MARK
          + "return {2, set.err}";

  /** KEYS: the key, the fence. ARGV: a mark, for how long. Brings 1; 0 at a fence. */
  static final String DELETE =
      "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end "
          + "local mark, markFor = ARGV[1], ARGV[2] "
          + MARK
          + "return 1";

  /** KEYS: the fence, and keys. ARGV: a mark, for how long. Brings 1; 0 at a fence. */
  static final String DELETE_ALL =
      """
      if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
      for i = 2, #KEYS do
        redis.call('DEL', KEYS[i])
        redis.pcall('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
      end
      return 1
      """;

  /** KEYS: the fence, the generation. ARGV: a new one. Brings 1; 0 at a fence. */
  static final String NEW_GENERATION =
      """
      if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
      redis.call('DEL', KEYS[2])
      redis.call('SET', KEYS[2], ARGV[1])
      return 1
      """;

  /** KEYS: the key, ARGV: what must stand there. Deletes a value that nobody can read. */
  static final String DROP =
      "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

  /**
   * KEYS: the probe, the generation. ARGV: a new generation. Does once all that the other scripts
   * do, to fail with what is not allowed; only memory may be missing.
   */
  static final String PROBE =
      """
      redis.call('DEL', KEYS[1])
      local set = redis.pcall('SET', KEYS[1], '1', 'PX', 1000)
      if set.err and not string.find(set.err, 'OOM', 1, true) then return set end
      redis.call('GET', KEYS[1])
      redis.call('STRLEN', KEYS[1])
      redis.call('PTTL', KEYS[1])
      redis.call('EXISTS', KEYS[1])
      redis.call('DEL', KEYS[1])
      redis.call('TIME')
      """
          + GENERATION
          + "return 1";

  private Scripts() {}
}
