package dev.resilience.discovery.registry;

import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether to believe an answer of a registry. Instances that leave on purpose drain first,
 * and crashes come one by one. When most of them go missing within a short time, the registry has
 * rather lost its memory (a restart, a pause in which leases ran out), and the living come back
 * with their next heartbeats: the missing ones are kept for a while, and the answer is called
 * stale. So is everybody who goes missing soon after the registry itself was away. Used by one
 * thread at a time.
 */
final class StaleAnswerGuard {

  private final Duration grace;
  private final TimeSource time;

  /** Who did not drain and is not there, and until when that is remembered. */
  private final Map<String, Missing> missing = new HashMap<>();

  /** The last answer as it came, and the last one that was not doubted. */
  private @Nullable ServiceSnapshot previous;

  private @Nullable ServiceSnapshot believed;
  private @Nullable Deadline awayUntil;
  private boolean doubting;

  private record Missing(ServiceInstance instance, Deadline until) {}

  StaleAnswerGuard(Duration grace, TimeSource time) {
    this.grace = grace;
    this.time = time;
  }

  /**
   * Nobody can come back meanwhile: that time does not count against the missing. Before the first
   * answer nobody is known who could be missed.
   */
  void registryIsAway() {
    if (previous == null) {
      return;
    }
    Deadline until = Deadline.after(grace, time);
    awayUntil = until;
    missing.replaceAll((id, one) -> new Missing(one.instance, until));
  }

  /** What to make of an answer. */
  ServiceSnapshot after(ServiceSnapshot answer) {
    int survivors = compare(answer);
    previous = answer;
    doubting =
        !missing.isEmpty()
            && (doubting
                || missing.size() > survivors
                || (awayUntil != null && !awayUntil.isPassed()));
    if (!doubting || believed == null) {
      believed = answer;
      return answer;
    }
    List<ServiceInstance> kept = new ArrayList<>(answer.registered());
    missing.values().forEach(one -> kept.add(one.instance));
    return believed.doubted(kept);
  }

  /** A time, or less if a doubt ends before. */
  Duration doubtEndsWithin(Duration refresh) {
    Duration soonest = refresh;
    if (doubting) {
      for (Missing one : missing.values()) {
        Duration left = one.until.timeLeft();
        soonest = left.compareTo(soonest) < 0 ? left : soonest;
      }
    }
    return soonest;
  }

  /** Finds who is missing now, and tells how many of those before are there to be called. */
  private int compare(ServiceSnapshot answer) {
    List<ServiceInstance> present = answer.registered();
    missing
        .entrySet()
        .removeIf(
            one -> IdOrder.contains(present, one.getKey()) || one.getValue().until.isPassed());
    if (previous == null) {
      return 0;
    }
    int survivors = 0;
    int at = 0;
    Deadline until = Deadline.after(grace, time);
    for (ServiceInstance instance : previous.instances()) {
      while (at < present.size() && ServiceInstance.BY_ID.compare(present.get(at), instance) < 0) {
        at++;
      }
      if (at == present.size() || ServiceInstance.BY_ID.compare(present.get(at), instance) != 0) {
        if (!grace.isZero()) {
          missing.put(instance.id(), new Missing(instance, until));
        }
      } else if (!present.get(at).isDraining()) {
        survivors++;
      }
    }
    return survivors;
  }
}
