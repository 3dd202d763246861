package dev.resilience.consumer;

import static java.time.Duration.ofSeconds;

import dev.resilience.Resilience;
import dev.resilience.cache.ContextCache;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.redis.RedisCache;
import dev.resilience.redis.ValueCodec;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.zookeeper.ZooKeeperStore;
import io.lettuce.core.RedisURI;
import java.util.concurrent.locks.LockSupport;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;

/**
 * Uses every module once, without any server: nobody listens at port 1. Whether their classes go
 * together shows all the same.
 */
public final class Everything {

  private static final String NOWHERE = "127.0.0.1:1";

  private Everything() {}

  /**
   * Prints a line for each module, and in which Java module it is.
   *
   * @param args none
   */
  public static void main(String... args) throws Exception {
    try (CancellableContext app = Context.background().withCancel();
        CancellableContext request = app.withTimeout(ofSeconds(60))) {
      say("core", Resilience.class, core(request));
      say("cache", ContextCache.class, cache(app, request));
      say("discovery", ServiceRegistry.class, discovery(app, request));
      say("redis", RedisCache.class, redis(app, request));
      say("zookeeper", ZooKeeperStore.class, zookeeper(app));
    }
    System.exit(0); // Lettuce's threads end in their own time
  }

  private static String core(Context ctx) {
    return Resilience.of(Retry.of(3), FixedTimeout.of(ofSeconds(5))).call(ctx, c -> "called");
  }

  private static String cache(Context app, Context ctx) {
    try (ContextCache<Integer, String> users =
        ContextCache.<Integer, String>builder("users").open(app)) {
      return users.getOrFetch(ctx, 7, (c, key) -> "loaded");
    }
  }

  private static String discovery(Context app, Context ctx) {
    ServiceRegistry registry = ServiceRegistry.inMemory(app);
    try (Lease lease = registry.register(ctx, ServiceInstance.of("orders", "127.0.0.1", 1));
        ServiceClient orders = ServiceClient.builder("orders", registry).open(app)) {
      return orders.call(ctx, (c, instance) -> "called " + instance.service());
    }
  }

  private static String redis(Context app, Context ctx) {
    try (RedisCache<String, String> users =
        RedisCache.<String, String>builder("users")
            .uri(RedisURI.create("redis://" + NOWHERE))
            .values(ValueCodec.strings())
            .open(app)) {
      String loaded = users.getOrFetch(ctx, "7", (c, key) -> "loaded");
      while (users.snapshot().failedConnects() == 0) { // Netty has been asked for a connection
        LockSupport.parkNanos(1_000_000);
      }
      return loaded + ", " + users.snapshot().reason().orElse("in use");
    }
  }

  private static String zookeeper(Context app) {
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(NOWHERE, 5_000, 100, new RetryOneTime(1))) {
      client.start();
      ServiceRegistry registry =
          ServiceRegistry.builder(ZooKeeperStore.of(client, "/services")).open(app);
      try (Lease lease = registry.register(app, ServiceInstance.of("orders", "127.0.0.1", 1))) {
        return "registering, " + lease.state();
      }
    }
  }

  private static void say(String module, Class<?> type, String what) {
    System.out.println(module + " in " + type.getModule() + ": " + what);
  }
}
