package dev.resilience.examples.discovery;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.client.Explanation;
import dev.resilience.discovery.client.InstanceStatus;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.examples.discovery.Logbook.Standing;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Asks a client every few milliseconds why it calls whom it calls, and writes down what changes.
 */
final class Lookout implements AutoCloseable {

  private static final Duration STEP = Duration.ofMillis(5);

  private final CancellableContext life;
  private final ServiceClient client;
  private final Logbook log;
  private final Map<String, Standing> before = new HashMap<>();

  @SuppressWarnings("MustBeClosed") // closed by close()
  private Lookout(Context ctx, ServiceClient client, Logbook log) {
    this.life = ctx.withCancel();
    this.client = client;
    this.log = log;
  }

  static Lookout posted(Context ctx, ServiceClient client, Logbook log) {
    var lookout = new Lookout(ctx, client, log);
    new Thread(lookout::look, "lookout").start();
    return lookout;
  }

  private void look() {
    try {
      while (true) {
        Explanation seen = client.explain();
        for (ServiceInstance place : log.places) {
          Standing standing = standing(seen, place);
          if (before.put(place.id(), standing) != standing) {
            log.add(new Logbook.Change(log.elapsed(), place, standing));
          }
        }
        seen.snapshot()
            .ifPresent(
                known ->
                    log.add(
                        new Logbook.Answer(
                            log.elapsed(),
                            known.isStale(),
                            known.age(),
                            known.instances().size())));
        life.sleep(STEP);
      }
    } catch (ContextException end) {
      // Nothing more to see.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private static Standing standing(Explanation seen, ServiceInstance place) {
    for (InstanceStatus one : seen.instances()) {
      if (one.instance().id().equals(place.id())) {
        return one.isIn() ? Standing.IN : Standing.EJECTED;
      }
    }
    return Standing.GONE;
  }

  @Override
  public void close() {
    life.close();
  }
}
