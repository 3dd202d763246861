package dev.resilience.examples.walkthrough;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The programs, on virtual time. */
class WalkThroughTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(5);
  private final Context root = Context.background(time);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  @FunctionalInterface
  private interface Program {
    void run() throws Exception;
  }

  private List<String> lines(Program program) throws Exception {
    time.run(
        () -> {
          program.run();
          return null;
        });
    return bytes.toString(UTF_8).lines().map(String::strip).toList();
  }

  @Test
  void the_cache_loads_once_refreshes_behind_and_ends_with_its_caller() throws Exception {
    assertThat(lines(() -> CacheWalkThrough.run(root, out)))
        .startsWith(
            "0.5 s  first: User[id=user:123, name=User 123, age=25]",
            "0.5 s  again: User[id=user:123, name=User 123, age=25], a hit",
            "4.0 s  User[id=user:456, name=User 456, age=25] at once, and refreshed in the"
                + " background",
            "5.0 s  younger now: true")
        .element(4)
        .asString()
        .startsWith("5.0 s  a caller who has left gets nothing, at once:");
  }

  @Test
  void discovery_finds_who_is_there_and_who_comes_late() throws Exception {
    assertThat(lines(() -> DiscoveryWalkThrough.run(root, out)))
        .anyMatch(line -> line.endsWith("user-service: 2 instances"))
        .anyMatch(line -> line.contains("mail-service, which came late: ["))
        .anyMatch(line -> line.contains("no-service: "))
        .anyMatch(line -> line.contains("a caller who has left gets nothing, at once:"))
        .last()
        .asString()
        .endsWith("after the leases: 0 instances");
  }

  @Test
  void a_read_takes_the_slow_source_where_the_fast_one_is_slow_and_writes_back() throws Exception {
    assertThat(lines(() -> TwoTierRead.run(root, out)))
        .containsExactly(
            "0.8 s  user:1 from the database",
            "1.3 s  user:1 written back for r-1",
            "1.8 s  user:1 from the cache",
            "1.9 s  user:2: the cache is slow, on to the database",
            "2.7 s  user:2 from the database",
            "4.7 s  user:2 not written back: the deadline of the context has passed (an ancestor)"
                + " for r-1");
  }

  @Test
  void a_profile_degrades_on_time_out_and_not_for_a_user_who_has_left() throws Exception {
    assertThat(lines(() -> DegradedProfile.run(root, out)))
        .startsWith(
            "0.2 s  profile of ada for r-7", "1.2 s  kept profile of ada for r-7, degraded: cache")
        .last()
        .asString()
        .startsWith("1.5 s  nobody is left to answer:");
  }
}
