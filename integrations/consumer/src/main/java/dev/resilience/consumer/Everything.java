package dev.resilience.consumer;

import static java.time.Duration.ofSeconds;

import dev.resilience.Resilience;
import dev.resilience.archunit.ContextRules;
import dev.resilience.cache.ContextCache;
import dev.resilience.configuration.Configuration;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.grpc.GrpcStatuses;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.http.server.ServerStack;
import dev.resilience.jdbc.Database;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.junit.ContextLeakError;
import dev.resilience.micrometer.CallMetrics;
import dev.resilience.okhttp.OkHttpCalls;
import dev.resilience.opentelemetry.OpenTelemetryContexts;
import dev.resilience.page.LivePage;
import dev.resilience.redis.RedisCache;
import dev.resilience.redis.ValueCodec;
import dev.resilience.retry.Retry;
import dev.resilience.servlet.ContextFilter;
import dev.resilience.simulation.Scenarios;
import dev.resilience.slf4j.LogFields;
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
      Integrations more = new Integrations(app, request);
      say("http-client", ResilientHttpClient.class, more.httpClient(NOWHERE));
      say("http-server", ServerStack.class, more.httpServer());
      say("servlet", ContextFilter.class, more.servlet());
      say("okhttp", OkHttpCalls.class, more.okhttp(NOWHERE));
      say("grpc", GrpcStatuses.class, more.grpc());
      say("jdbc", Database.class, more.jdbc());
      say("configuration", Configuration.class, more.configuration());
      say("slf4j", LogFields.class, more.slf4j());
      say("micrometer", CallMetrics.class, more.micrometer());
      say("opentelemetry", OpenTelemetryContexts.class, more.opentelemetry());
      say("jfr", JfrEvents.class, more.jfr());
      say("page", LivePage.class, more.page());
      say("simulation", Scenarios.class, more.simulation());
      say("junit", ContextLeakError.class, more.junit());
      say("archunit", ContextRules.class, more.archunit());
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
