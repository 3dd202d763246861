package dev.resilience.examples.discovery;

import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What happened, and when. Thread-safe. */
final class Logbook {

  /** How an instance stands with its callers. */
  enum Standing {
    IN,
    /** In the registry, and not called: it failed its callers. */
    EJECTED,
    /** Not in the set any more. */
    GONE
  }

  /** What the script does to somebody. */
  enum Fate {
    NONE,
    KILLED,
    PAUSED,
    SLOW,
    REGISTRY_AWAY,
    /** From whatever it was. */
    RECOVERED
  }

  /**
   * A part of the script.
   *
   * @param who suffers it; empty: no instance
   */
  record Phase(String name, Fate fate, Optional<ServiceInstance> who, Duration from, Duration to) {

    boolean contains(Duration moment) {
      return moment.compareTo(from) >= 0 && moment.compareTo(to) < 0;
    }
  }

  /**
   * A call.
   *
   * @param tried whom, in this order
   * @param failure empty: it had its answer
   */
  record Call(
      Duration begun, Duration ended, List<ServiceInstance> tried, Optional<Throwable> failure) {}

  /** An instance stands otherwise than before. */
  record Change(Duration at, ServiceInstance who, Standing standing) {}

  /** What the callers know of the registry. */
  record Answer(Duration at, boolean stale, Duration age, int instances) {}

  private final TimeSource time;
  private volatile long start;
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final List<Phase> phases = new CopyOnWriteArrayList<>();
  private final List<Change> changes = new CopyOnWriteArrayList<>();
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Answer lastAnswer;
  private volatile String now = "";
  private volatile boolean endedEarly;

  /** Where the instances listen. */
  final List<ServiceInstance> places;

  Logbook(TimeSource time, List<ServiceInstance> places) {
    this.time = time;
    this.places = List.copyOf(places);
    this.start = time.nanoTime();
  }

  /** From now on it counts. */
  void opens() {
    start = time.nanoTime();
  }

  Duration elapsed() {
    return Duration.ofNanos(time.nanoTime() - start);
  }

  void begins(String phase) {
    now = phase;
  }

  void add(Phase phase) {
    phases.add(phase);
  }

  void add(Call call) {
    calls.add(call);
  }

  void add(Change change) {
    changes.add(change);
  }

  void add(Answer answer) {
    answers.add(answer);
    lastAnswer = answer;
  }

  void endsEarly() {
    endedEarly = true;
  }

  /** The phase that is under way. */
  String now() {
    return now;
  }

  boolean hasEndedEarly() {
    return endedEarly;
  }

  List<Phase> phases() {
    return phases;
  }

  /** The phase in which somebody suffers this, if it came to that. */
  Optional<Phase> phase(Fate fate) {
    return phases.stream().filter(phase -> phase.fate() == fate).findFirst();
  }

  /** The one that follows. */
  Optional<Phase> after(Phase phase) {
    int next = phases.indexOf(phase) + 1;
    return next < phases.size() ? Optional.of(phases.get(next)) : Optional.empty();
  }

  /** Those that began between two moments. */
  List<Call> calls(Duration from, Duration to) {
    return calls.stream()
        .filter(call -> call.begun().compareTo(from) >= 0 && call.begun().compareTo(to) < 0)
        .toList();
  }

  /** Those that began then and failed, after a moment. */
  long failuresAfter(Duration moment, Duration from, Duration to) {
    return calls(from, to).stream()
        .filter(call -> call.failure().isPresent() && call.ended().compareTo(moment) > 0)
        .count();
  }

  /** Those that began between two moments, and that an attempt at somebody lost. */
  List<Call> lostTo(ServiceInstance who, Duration from, Duration to) {
    return calls(from, to).stream()
        .filter(call -> call.failure().isPresent() && !call.tried().isEmpty())
        .filter(call -> call.tried().get(call.tried().size() - 1).id().equals(who.id()))
        .toList();
  }

  List<Answer> answers(Duration from, Duration to) {
    return answers.stream()
        .filter(answer -> answer.at().compareTo(from) >= 0 && answer.at().compareTo(to) < 0)
        .toList();
  }

  /** The last one, if there is any. */
  Optional<Answer> lastAnswer() {
    return Optional.ofNullable(lastAnswer);
  }

  /** How long after a moment somebody stood like this for the first time. */
  Optional<Duration> firstAfter(Duration moment, ServiceInstance who, Standing... standings) {
    List<Standing> wanted = List.of(standings);
    return changes.stream()
        .filter(change -> change.who().id().equals(who.id()))
        .filter(change -> change.at().compareTo(moment) >= 0)
        .filter(change -> wanted.contains(change.standing()))
        .map(change -> change.at().minus(moment))
        .findFirst();
  }

  /** How long after a moment somebody answered a call that was begun after it. */
  Optional<Duration> firstAnswerOf(ServiceInstance who, Duration moment) {
    return calls.stream()
        .filter(call -> call.begun().compareTo(moment) >= 0 && call.failure().isEmpty())
        .filter(call -> call.tried().get(call.tried().size() - 1).id().equals(who.id()))
        .map(call -> call.ended().minus(moment))
        .min(Comparator.naturalOrder());
  }

  /** How somebody stands now. */
  Standing standing(ServiceInstance who) {
    Standing last = Standing.GONE;
    for (Change change : changes) {
      if (change.who().id().equals(who.id())) {
        last = change.standing();
      }
    }
    return last;
  }
}
