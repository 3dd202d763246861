package dev.resilience.examples.pipeline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Who misbehaves when. The same seed and length give the same script, and the n-th request to a
 * service meets the same luck in it.
 *
 * @param seed for the luck
 * @param phases in order of time, without overlap
 */
record FaultScript(long seed, List<Phase> phases) {

  static final String CALLERS = "callers";

  private static final double LUCK_OF_REQUESTS = 0.7;
  private static final double LEAVE_ALWAYS = 0.05;
  private static final double LEAVE_IN_PHASE = 0.4;

  /** One thing that is wrong for a while. */
  record Phase(Duration from, Duration to, String who, Fault fault) {

    boolean covers(Duration time) {
      return time.compareTo(from) >= 0 && time.compareTo(to) < 0;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%4.1f s to %4.1f s  %s %s",
          from.toMillis() / 1e3,
          to.toMillis() / 1e3,
          who,
          fault.words);
    }
  }

  static FaultScript none() {
    return new FaultScript(0, List.of());
  }

  /**
   * Each fault at least once, in random order and at random services. It is calm at the beginning,
   * between two phases, and at the end, so that one sees how things recover.
   */
  static FaultScript of(long seed, Duration length, List<String> services) {
    var random = new Random(seed);
    int rounds = Math.max(1, (int) (length.toSeconds() / 15));
    List<Fault> faults = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      List<Fault> round = Arrays.asList(Fault.values());
      Collections.shuffle(round, random);
      faults.addAll(round);
    }
    long slot = length.toMillis() * 8 / 10 / faults.size();
    long begin = length.toMillis() / 10;
    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < faults.size(); i++) {
      Fault fault = faults.get(i);
      long from = begin + i * slot + random.nextLong(1 + slot / 10);
      long to = from + slot * 6 / 10 + random.nextLong(1 + slot / 10);
      String who = fault == Fault.LEAVING ? CALLERS : services.get(random.nextInt(services.size()));
      phases.add(new Phase(Duration.ofMillis(from), Duration.ofMillis(to), who, fault));
    }
    return new FaultScript(seed, List.copyOf(phases));
  }

  /** What the n-th request to a service meets at a time. */
  Optional<Fault> faultOf(String service, Duration time, int n) {
    return phases.stream()
        .filter(phase -> phase.who().equals(service) && phase.covers(time))
        .map(Phase::fault)
        .filter(fault -> luck(service, n).nextDouble() < LUCK_OF_REQUESTS)
        .findFirst();
  }

  /** After which time the n-th caller hangs up, if it does not wait for its answer. */
  Optional<Duration> leavesAfter(Duration time, int n) {
    if (phases.isEmpty()) {
      return Optional.empty();
    }
    boolean manyLeave =
        phases.stream().anyMatch(phase -> phase.who().equals(CALLERS) && phase.covers(time));
    SplittableRandom luck = luck(CALLERS, n);
    return luck.nextDouble() < (manyLeave ? LEAVE_IN_PHASE : LEAVE_ALWAYS)
        ? Optional.of(Duration.ofMillis(luck.nextLong(5, 80)))
        : Optional.empty();
  }

  /** What is wrong at a time, in words. */
  String at(Duration time) {
    return phases.stream()
        .filter(phase -> phase.covers(time))
        .map(phase -> phase.who() + " " + phase.fault().words)
        .collect(Collectors.joining(", "));
  }

  private SplittableRandom luck(String who, int n) {
    // Two draws of neighbours in a SplittableRandom's seed are unrelated.
    return new SplittableRandom(seed ^ (long) who.hashCode() << 32 ^ n);
  }
}
