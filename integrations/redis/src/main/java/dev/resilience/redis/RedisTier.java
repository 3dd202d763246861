package dev.resilience.redis;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import io.lettuce.core.RedisFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads and changes what stands in Redis. Nothing here fails because of Redis: no answer is one,
 * too. A command that the server refuses is told, and the line stays; a line that does not answer
 * is given up.
 */
final class RedisTier {

  /** How much longer than a load may take a deletion is remembered: a fill has half of it. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  private final Context life;
  private final TimeSource time;
  private final Resilience guard;
  private final Resilience limited;
  private final Duration loadTimeout;
  private final int longest;
  private final RedisConnector connector;
  private final Invalidations invalidations;
  private final Reports reports;

  /**
   * The tier.
   *
   * @param guard for reads and fills, which may be left out
   * @param limited for changes, which may not
   * @param longest how many bytes a value may have
   */
  RedisTier(
      Context life,
      Resilience guard,
      Resilience limited,
      Duration loadTimeout,
      int longest,
      RedisConnector connector,
      Invalidations invalidations,
      Reports reports) {
    this.life = life;
    this.time = life.timeSource();
    this.guard = guard;
    this.limited = limited;
    this.loadTimeout = loadTimeout;
    this.longest = longest;
    this.connector = connector;
    this.invalidations = invalidations;
    this.reports = reports;
  }

  static long markMillis(Duration loadTimeout) {
    return loadTimeout.plus(SLACK).toMillis();
  }

  boolean takes(byte[] encoded) {
    return encoded.length <= longest;
  }

  // ---- reading and filling

  /**
   * Asks for a key.
   *
   * @param ctx of the load
   */
  CompletionStage<ReadReply> read(Context ctx, String farKey) {
    RedisLine line = connector.line();
    if (line == null || connector.missed.cover(farKey)) {
      return CompletableFuture.completedFuture(ReadReply.NO_ANSWER);
    }
    InvalidationFlag flag = invalidations.asks(ctx, farKey);
    long asked = time.nanoTime();
    return guard
        .callAsync(
            ctx, c -> answered(left(c, line.read(farKey, StoredBytes.GENERATION + 1 + longest))))
        .handle(
            (answer, failure) -> {
              if (answer instanceof Refusal refusal) {
                refused(line, refusal);
              }
              return answer instanceof List<?> parts
                  ? reply(line, flag, parts, asked)
                  : ReadReply.NO_ANSWER;
            });
  }

  /** One command, or this line altogether: a node that has moved, a right that was taken away. */
  private void refused(RedisLine line, Refusal refusal) {
    reports.refused(refusal.reason());
    if (refusal.isForAll()) {
      connector.leave(line, refusal.reason());
    }
  }

  /** Time counts from the asking, so the far one is there for at least as long. */
  private ReadReply reply(RedisLine line, InvalidationFlag flag, List<?> answer, long asked) {
    byte[] raw = (byte[]) answer.get(0);
    long left = Math.max(0, ((Number) answer.get(1)).longValue());
    long until =
        ((Number) answer.get(2)).longValue() + markMillis(loadTimeout) - SLACK.toMillis() / 2;
    byte[] generation = (byte[]) answer.get(3);
    if (line.isNewGeneration(generation)) {
      // Of which there was no news: the database was swapped for another one.
      invalidations.forgetAll();
    }
    boolean strange = ((Number) answer.get(4)).intValue() != 0;
    return new ReadReply(
        line, raw, generation, asked + TimeUnit.MILLISECONDS.toNanos(left), until, flag, strange);
  }

  /** What became of the wish to store what was loaded. */
  enum Filled {
    /** It stands there. */
    YES,
    /** Something newer may stand there. */
    NO,
    /** Redis does not take it, and tells of changes all the same. */
    REFUSED
  }

  /**
   * Stores what was loaded if the key is as it was.
   *
   * <p>Four things see to that. The news of changes, which come in order with the answers, so none
   * that was made before the answer to the read is missed. Redis, which compares what is there with
   * what was, for changes whose news are on their way. Redis's clock, for a command that is late:
   * when it arrives, a deletion that it should have met is still remembered. And the generation,
   * for changes that were too many to remember.
   *
   * <p>Over the same line only: a Redis that was started anew has forgotten what was deleted.
   */
  CompletionStage<Filled> fill(
      Context ctx, String farKey, ReadReply reply, byte[] raw, long millis) {
    RedisLine line = connector.line();
    if (line == null || line != reply.by() || reply.flag().isSet()) {
      return CompletableFuture.completedFuture(Filled.NO);
    }
    if (!reply.isFillable()) {
      return CompletableFuture.completedFuture(Filled.REFUSED);
    }
    return guard
        .callAsync(ctx, c -> answered(left(c, line.fill(farKey, reply, raw, millis))))
        .handle((answer, failure) -> filled(line, answer, failure));
  }

  private Filled filled(RedisLine line, @Nullable Object answer, @Nullable Throwable failure) {
    if (answer instanceof Refusal refusal) {
      refused(line, refusal);
      return Filled.REFUSED;
    }
    return failure == null && answer instanceof Long made && made == 1 ? Filled.YES : Filled.NO;
  }

  /** Whether what was loaded for this reply is still what is newest, as far as is known here. */
  boolean isCurrent(ReadReply reply) {
    return reply.by() != null && reply.by() == connector.line() && !reply.flag().isSet();
  }

  /** Deletes a value that nobody can decode, if it still stands there. For all, not for a load. */
  void drop(String farKey, ReadReply reply) {
    RedisLine line = reply.by();
    byte[] raw = reply.raw();
    if (line != null && raw != null) {
      limited.callAsync(life, c -> line.drop(farKey, raw)).handle((dropped, failure) -> dropped);
    }
  }

  // ---- changing

  /** Sets a value; if that fails, the key will be deleted there. */
  CompletionStage<Boolean> set(String farKey, byte[] encoded, long millis) {
    return change(farKey, line -> line.set(farKey, encoded, millis, markMillis(loadTimeout)));
  }

  /** Deletes a key, later if not now. */
  CompletionStage<Boolean> delete(String farKey) {
    return change(farKey, line -> line.delete(farKey, markMillis(loadTimeout)));
  }

  /**
   * Not for the caller alone, so not under the caller's context. Whoever finds no line notes the
   * key first and then looks again; whoever brings one shows it first and then looks at the notes.
   */
  private CompletionStage<Boolean> change(
      String farKey, Function<RedisLine, RedisFuture<?>> change) {
    invalidations.tell(farKey);
    RedisLine line = connector.line();
    if (line != null) {
      return change(line, farKey, change);
    }
    long note = connector.missed.add(farKey);
    RedisLine late = connector.line();
    return late == null
        ? CompletableFuture.completedFuture(false)
        : change(late, farKey, change)
            .thenApply(
                made -> {
                  connector.missed.remove(farKey, note);
                  return made;
                });
  }

  private CompletionStage<Boolean> change(
      RedisLine line, String farKey, Function<RedisLine, RedisFuture<?>> change) {
    return limited
        .callAsync(life, c -> answered(change.apply(line)))
        .handle((answer, failure) -> new Change(answer, failure))
        .thenCompose(made -> concluded(line, farKey, made));
  }

  private record Change(@Nullable Object answer, @Nullable Throwable failure) {}

  private CompletionStage<Boolean> concluded(RedisLine line, String farKey, Change change) {
    Object answer = change.answer() instanceof List<?> parts ? parts.get(0) : change.answer();
    if (answer instanceof Long made && made == 1) {
      return CompletableFuture.completedFuture(true);
    }
    if (change.answer() instanceof List<?> parts && parts.size() == 2) { // deleted instead
      reports.refused(text(parts.get(1)));
      return CompletableFuture.completedFuture(false);
    }
    connector.missed.add(farKey);
    connector.leave(line, whatWentWrong(change));
    return CompletableFuture.completedFuture(false);
  }

  private static String whatWentWrong(Change change) {
    if (change.answer() instanceof Refusal refusal) {
      return refusal.reason();
    }
    Throwable failure = change.failure();
    return failure == null
        ? "this line was fenced off"
        : "a change failed: " + Availability.reasonOf(Failures.unwrap(failure));
  }

  private static String text(Object answer) {
    return answer instanceof byte[] bytes
        ? SafeText.of(new String(bytes, StandardCharsets.UTF_8))
        : SafeText.of(answer);
  }

  // ---- answers

  /** The server refused a command; the line is good. */
  private record Refusal(String reason) {

    private static final Pattern FOR_ALL =
        Pattern.compile("(MOVED|READONLY|NOAUTH|NOPERM|LOADING|CLUSTERDOWN|MASTERDOWN)\\b.*");

    boolean isForAll() {
      return FOR_ALL.matcher(reason).lookingAt();
    }
  }

  /** A refusal is an answer, so it opens no circuit. */
  private static CompletionStage<Object> answered(CompletionStage<?> command) {
    CompletableFuture<Object> result = new CompletableFuture<>();
    command.handle(
        (answer, failure) -> {
          Optional<String> reason =
              failure == null ? Optional.empty() : RedisLine.refusal(Failures.unwrap(failure));
          if (reason.isPresent()) {
            return result.complete(new Refusal(reason.get()));
          }
          return failure == null
              ? result.complete(answer)
              : result.completeExceptionally(Failures.unwrap(failure));
        });
    return result;
  }

  /** Nobody waits for an answer once the context of the command has ended. */
  private static <T extends @Nullable Object> RedisFuture<T> left(
      Context ctx, RedisFuture<T> command) {
    ctx.onDone(() -> command.cancel(true));
    return command;
  }
}
