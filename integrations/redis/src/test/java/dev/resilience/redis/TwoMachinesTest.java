package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two JVMs with near caches over one Redis. */
class TwoMachinesTest {

  private static final int UPDATES = 200;
  private static final String OURS = "ours";
  private static final String THEIRS = "theirs";

  /** {@link Watch} says what is stale. */
  @Test
  @Timeout(120)
  void see_each_others_updates_and_nothing_stale_once_the_news_has_come() throws Exception {
    try (RedisServer server = RedisServer.start();
        CancellableContext app = Context.background().withCancel();
        OtherMachine there = new OtherMachine(server.uri(), OURS, THEIRS)) {
      Watch here = new Watch(app, server.uri(), THEIRS);
      assertThat(there.order("connect")).isEqualTo("done");
      while (!here.cache().isRedisAvailable()) {
        Thread.yield();
      }
      here.cache().set(app, OURS, 0L);
      assertThat(there.order("set 0")).isEqualTo("done");
      assertThat(there.order("read")).isEqualTo("done");
      here.startReading();

      for (int i = 1; i <= UPDATES; i++) {
        assertThat(here.cache().set(app, OURS, (long) i)).isTrue();
        assertThat(there.order("await " + i)).isEqualTo("done");
        assertThat(there.order("set " + i)).isEqualTo("done");
        here.awaitSeen(i);
      }

      String[] sum = there.order("end").split(" ");
      assertThat(sum).hasSize(2);
      here.close();
      assertThat(Long.parseLong(sum[0])).isGreaterThanOrEqualTo(UPDATES);
      // Otherwise this would show nothing about near copies.
      assertThat(Long.parseLong(sum[1])).isPositive();
      assertThat(here.nearHits()).isPositive();
    }
  }
}
