package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.time.VirtualTime;
import java.net.ConnectException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * 200 calls a second of 20 ms each, in virtual time: sync by four callers who call one after the
 * other, or async.
 */
final class Traffic {

  enum Way {
    SYNC,
    ASYNC
  }

  /** A call that its caller lost. */
  record Lost(Duration at, Throwable failure) {}

  private static final Duration TAKES = Duration.ofMillis(20);
  private static final Duration EACH = Duration.ofMillis(5);

  /** Where nobody listens: connections are refused. */
  final Set<ServiceInstance> dead = new HashSet<>();

  final List<Lost> lost = new CopyOnWriteArrayList<>();
  final Map<ServiceInstance, Integer> attempts = new HashMap<>();
  int answered;
  private final VirtualTime.Manual time;
  private final Context ctx;
  private final ServiceClient client;
  private final Way way;

  Traffic(VirtualTime.Manual time, Context ctx, ServiceClient client, Way way) {
    this.time = time;
    this.ctx = ctx;
    this.client = client;
    this.way = way;
    if (way == Way.SYNC) {
      for (int i = 0; i < 4; i++) {
        time.start("caller-" + i, this::callAgainAndAgain);
      }
    }
  }

  void runs(Duration howLong) {
    if (way == Way.SYNC) {
      time.advance(howLong);
    } else {
      for (long i = 0; i < howLong.dividedBy(EACH); i++) {
        callOnce();
        time.advance(EACH);
      }
    }
  }

  private void callAgainAndAgain() throws InterruptedException {
    while (!ctx.isDone()) {
      try {
        client.call(
            ctx,
            (c, instance) -> {
              reach(instance);
              c.sleep(TAKES);
              return null;
            });
        answered++;
      } catch (ContextException end) {
        return;
      } catch (Exception failure) {
        lost.add(new Lost(time.elapsed(), failure));
        ctx.sleep(TAKES);
      }
    }
  }

  private void callOnce() {
    client
        .callAsync(
            ctx,
            (c, instance) -> {
              reach(instance);
              return c.delay(TAKES);
            })
        .whenComplete(
            (nothing, failure) -> {
              if (failure == null) {
                answered++;
              } else if (!ctx.isDone()) {
                lost.add(new Lost(time.elapsed(), failure));
              }
            });
  }

  private void reach(ServiceInstance instance) throws ConnectException {
    attempts.merge(instance, 1, Integer::sum);
    if (dead.contains(instance)) {
      throw new ConnectException("refused by " + instance);
    }
  }
}
