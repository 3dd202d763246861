package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All keys of a cache are in one slot of a cluster, so one node has them. */
class ClusterTest extends WithRedis {

  private static final int SLOTS = 16_384;

  @TempDir Path folder;
  private final List<RedisServer> others = new ArrayList<>();

  @AfterEach
  void stopOthers() {
    others.forEach(RedisServer::close);
  }

  private String[] options(String node) {
    return new String[] {
      "--cluster-enabled", "yes", "--cluster-config-file", folder.resolve(node).toString()
    };
  }

  private void awaitOk() {
    await().until(() -> redis.clusterInfo().contains("cluster_state:ok"));
  }

  private void assertWorks(RedisURI uri) {
    RedisCache<String, String> here = open(this.<String>builder("users").uri(uri));
    RedisCache<String, String> there = open(this.<String>builder("users").uri(uri));
    assertThat(here.getOrFetch(ctx, "a", (c, key) -> "loaded")).isEqualTo("loaded");
    assertThat(there.getOrFetch(ctx, "a", (c, key) -> "again")).isEqualTo("loaded");
    assertThat(here.set(ctx, "b", "set")).isTrue();
    assertThat(there.get(ctx, "b")).isEqualTo("set");
    assertThat(here.delete(ctx, "a")).isTrue();
    await().until(() -> "new".equals(there.getOrFetch(ctx, "a", (c, key) -> "new")));
  }

  /** One shard, as many managed services have it. Changes once failed with CROSSSLOT. */
  @Test
  void of_one_node_is_used() throws IOException {
    start(options("one"));
    redis.clusterAddSlots(all(0, SLOTS));
    awaitOk();
    assertWorks(server.uri());
  }

  @Nested
  class Of_two_nodes {

    @Test
    void is_used_through_either() throws IOException {
      start(options("one"));
      RedisServer second = RedisServer.start(options("two"));
      others.add(second);
      RedisClient client = RedisClient.create(second.uri());
      try {
        RedisCommands<String, String> there = client.connect().sync();
        redis.clusterAddSlots(all(0, SLOTS / 2));
        there.clusterAddSlots(all(SLOTS / 2, SLOTS));
        redis.clusterMeet("127.0.0.1", second.port());
        awaitOk();
        await().until(() -> there.clusterInfo().contains("cluster_state:ok"));
        assertWorks(server.uri());
        there.flushall();
        redis.flushall();
        assertWorks(second.uri());
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
      }
    }
  }

  private static int[] all(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }
}
