package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.retry.Backoff;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis is away while many keys are changed, and comes back with its old values. */
class OutageTest extends WithRedis {

  private RedisCache<Integer, String> here;
  private RedisCache<Integer, String> there;

  private void begin(int maxMissed) throws IOException {
    start();
    here =
        open(
            this.<Integer>builder("users")
                .commandTimeout(ofSeconds(2))
                .maxMissedChanges(maxMissed)
                .backoff(Backoff.constant(ofMillis(10))));
    there =
        open(
            this.<Integer>builder("users")
                .commandTimeout(java.time.Duration.ofMinutes(1))
                .backoff(Backoff.constant(ofMillis(10))));
  }

  private void changeDuringOutage(int keys) throws Exception {
    for (int key = 0; key < Math.min(keys, 300); key++) {
      assertThat(here.set(ctx, key, "old")).isTrue();
    }
    assertThat(there.get(ctx, 0)).isEqualTo("old");
    server.pause();
    while (here.isRedisAvailable()) { // a change that is not answered shows it
      here.delete(ctx, -1);
    }
    for (int key = 0; key < keys; key++) {
      here.deleteAsync(ctx, key);
    }
  }

  private void assertNobodyReadsTheOldValues(int keys) {
    await().until(here::isRedisAvailable);
    await().until(() -> !"old".equals(there.get(ctx, 0)));
    for (int key = 0; key < Math.min(keys, 300); key += 29) {
      assertThat(here.getOrFetch(ctx, key, (c, k) -> "new")).isEqualTo("new");
      assertThat(there.getOrFetch(ctx, key, (c, k) -> "newer")).isEqualTo("new");
    }
    await().until(() -> here.snapshot().missedChanges() == 0 && !here.snapshot().isGenerationDue());
  }

  @Test
  void a_few_thousand_changes_are_made_up_for_one_by_one() throws Exception {
    begin(10_000);
    changeDuringOutage(5_000);
    assertThat(here.snapshot().missedChanges()).isGreaterThanOrEqualTo(5_000);
    server.resume();
    assertNobodyReadsTheOldValues(5_000);
    assertThat(here.snapshot().generationsChanged()).isZero();
  }

  @Test
  void more_than_are_remembered_cost_all_values_and_no_memory() throws Exception {
    begin(1_000);
    changeDuringOutage(5_000);
    assertThat(here.snapshot().missedChanges()).isZero();
    assertThat(here.snapshot().isGenerationDue()).isTrue();
    // Until then nothing from there is trusted.
    assertThat(here.getOrFetch(ctx, 4_999, (c, k) -> "new")).isEqualTo("new");
    server.resume();
    assertNobodyReadsTheOldValues(5_000);
    assertThat(here.snapshot().generationsChanged()).isEqualTo(1);
    await().until(() -> events.contains(new RedisCacheEvent.GenerationChanged("users")));
  }

  /** The values of before are still there, and are nobody's. */
  @Test
  void values_of_a_former_generation_are_replaced() throws Exception {
    begin(10);
    changeDuringOutage(100);
    server.resume();
    assertNobodyReadsTheOldValues(100);
    assertThat(redis.keys("{users}:*")).hasSizeGreaterThanOrEqualTo(100);
    here.set(ctx, 50, "set");
    assertThat(there.get(ctx, 50)).isEqualTo("set");
    assertThat(there.get(ctx, 51)).isNull();
  }

  /** In a heap of 256 MB; {@code -Dresilience.outage=1000000} changes more keys. */
  @Test
  @Timeout(300)
  void many_changes_need_little_memory() throws Exception {
    Process outage =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                OtherMachine.classPath(),
                LongOutage.class.getName(),
                String.valueOf(Integer.getInteger("resilience.outage", 50_000)))
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(outage.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(outage.waitFor()).as(said).isZero();
      assertThat(said).contains("generations changed 1");
    } finally {
      outage.destroyForcibly();
    }
  }
}
