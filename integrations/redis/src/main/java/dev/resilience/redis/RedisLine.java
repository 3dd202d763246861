package dev.resilience.redis;

import dev.resilience.text.SafeText;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A connection, and what is said over it. A stage fails where the line is at fault, or the server
 * refuses the command.
 */
final class RedisLine {

  private static final byte[] NOTHING = {};

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final RedisNames names;
  private final RandomGenerator random;
  private final byte[] fence;

  /** What the last read has found; null: none has come back. */
  private volatile byte @Nullable [] generation;

  /**
   * A line.
   *
   * @param random for marks, generations and the fence
   */
  RedisLine(
      StatefulRedisConnection<byte[], byte[]> connection,
      RedisNames names,
      RandomGenerator random) {
    this.connection = connection;
    this.names = names;
    this.random = random;
    this.fence = names.fence(random.nextLong());
  }

  StatefulRedisConnection<byte[], byte[]> connection() {
    return connection;
  }

  // ---- the greeting

  /** Wants to be told of all changes of the cache, but for those made over this line. */
  RedisFuture<String> track() {
    return connection
        .async()
        .clientTracking(TrackingArgs.Builder.enabled().bcast().prefixes(names.prefix()).noloop());
  }

  /** Fails with what is not allowed. */
  RedisFuture<Long> probe() {
    return number(Scripts.PROBE, keys(names.probe(), names.generation()), newGeneration());
  }

  RedisFuture<String> ping() {
    return connection.async().ping();
  }

  /** Nothing that was sent over another line and arrives from now on shall have an effect. */
  RedisFuture<String> fenceOff(RedisLine other, Duration time) {
    return connection.async().set(other.fence, NOTHING, SetArgs.Builder.ex(time));
  }

  // ---- reading and writing

  RedisFuture<List<Object>> read(String farKey, int longest) {
    return connection
        .async()
        .eval(
            Scripts.READ,
            ScriptOutputType.MULTI,
            keys(names.key(farKey), names.generation()),
            newGeneration(),
            text(longest));
  }

  /** Whether values are of another generation than those that were read before. */
  boolean isNewGeneration(byte[] found) {
    byte[] former = generation;
    generation = found;
    return former != null && !Arrays.equals(former, found);
  }

  RedisFuture<Long> fill(String farKey, ReadReply reply, byte[] raw, long millis) {
    byte[] before = reply.raw();
    return number(
        Scripts.FILL,
        keys(names.key(farKey), names.generation()),
        before == null ? NOTHING : before,
        raw,
        text(millis),
        text(reply.fillableUntil()),
        reply.generation());
  }

  /** Brings 1 or 0; or 2, and as text why there was no memory for it. */
  RedisFuture<List<Object>> set(String farKey, byte[] encoded, long millis, long markMillis) {
    return connection
        .async()
        .eval(
            Scripts.SET,
            ScriptOutputType.MULTI,
            keys(names.key(farKey), names.generation(), fence),
            newGeneration(),
            StoredBytes.valueType(),
            encoded,
            text(millis),
            mark(),
            text(markMillis));
  }

  RedisFuture<Long> delete(String farKey, long markMillis) {
    return number(Scripts.DELETE, keys(names.key(farKey), fence), mark(), text(markMillis));
  }

  RedisFuture<Long> deleteAll(List<String> farKeys, long markMillis) {
    byte[][] keys = new byte[farKeys.size() + 1][];
    keys[0] = fence;
    for (int i = 0; i < farKeys.size(); i++) {
      keys[i + 1] = names.key(farKeys.get(i));
    }
    return number(Scripts.DELETE_ALL, keys, mark(), text(markMillis));
  }

  RedisFuture<Long> changeGeneration() {
    return number(Scripts.NEW_GENERATION, keys(fence, names.generation()), newGeneration());
  }

  RedisFuture<Long> drop(String farKey, byte[] raw) {
    return number(Scripts.DROP, keys(names.key(farKey)), raw);
  }

  private RedisFuture<Long> number(String script, byte[][] keys, byte[]... arguments) {
    return connection.async().eval(script, ScriptOutputType.INTEGER, keys, arguments);
  }

  private byte[] newGeneration() {
    return StoredBytes.generation(random.nextLong());
  }

  private byte[] mark() {
    return StoredBytes.deleted(random.nextLong());
  }

  private static byte[][] keys(byte[]... keys) {
    return keys;
  }

  private static byte[] text(long value) {
    return String.valueOf(value).getBytes(StandardCharsets.US_ASCII);
  }

  // ---- refusals

  /** What the server said if it refused a command; empty: it is the line that is at fault. */
  static Optional<String> refusal(Throwable failure) {
    return failure instanceof RedisCommandExecutionException
        ? Optional.of(SafeText.messageOf(failure))
        : Optional.empty();
  }
}
