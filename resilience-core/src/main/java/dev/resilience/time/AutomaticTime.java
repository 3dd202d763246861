package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The simulation.
 *
 * <p>There is one turn. It is held by a participant or by the scheduler, which is the thread that
 * called {@link #run}. A holder that gives it up chooses the next one, under the lock; so the
 * scheduler gets it only to run timers, or when nobody can go on, and two participants that
 * alternate cost one switch of threads each time. While it does not hold the turn, the scheduler
 * watches that turns keep changing.
 *
 * <p>Callbacks follow each other on few threads, as those of a pool do: to start one takes as long
 * as dozens of turns. Between two callbacks such a thread is no participant.
 *
 * <p>When a run fails, timers are dropped, all are interrupted and get their turns as before, but
 * their waiting ends with an {@link SimulationAborted}. A participant that keeps the turn even then
 * is left behind.
 */
final class AutomaticTime extends VirtualClock implements VirtualTime.Automatic {

  /** So many turns at one moment are no progress. */
  private static final int LIVELOCK = 1_000_000;

  /** How long a run waits for one that it has left behind and interrupted. */
  private static final long FAREWELL_MILLIS = 1_000;

  private final Random choice;
  private final Condition scheduling = lock.newCondition();

  // All written under the lock; also read without it where volatile

  private final Set<ParticipantThread> living = new LinkedHashSet<>();
  private final List<ParticipantThread> runnable = new ArrayList<>();
  private final Deque<CallbackLoop> resting = new ArrayDeque<>();
  private @Nullable Thread scheduler;
  private @Nullable Thread holder;
  private @Nullable Throwable failure;
  private volatile boolean abandoned;
  private int callbacks;
  private int turns;
  private int turnsAtThisMoment;

  AutomaticTime(long seed, Duration patience) {
    super(seed, patience);
    this.choice = new Random(mixed(~seed));
  }

  @Override
  public <T> T run(Callable<T> main) throws Exception {
    requireNonNull(main, "main");
    Main<T> body = new Main<>(main);
    List<ParticipantThread> lost = new ArrayList<>();
    Throwable thrown;
    lock.lock();
    try {
      if (scheduler != null) {
        throw new IllegalStateException(
            "run: called while " + scheduler.getName() + " runs one (expected: one at a time)");
      }
      scheduler = Thread.currentThread();
      holder = scheduler;
      abandoned = false;
      failure = null;
      try {
        launch("main", body);
        schedule(lost);
      } finally {
        sendHome();
        scheduler = null;
        holder = null;
      }
      thrown = failure;
      failure = null;
    } finally {
      lock.unlock();
    }
    lost.forEach(AutomaticTime::sayFarewell);
    if (thrown != null) {
      throw SneakyThrow.rethrow(thrown);
    }
    return body.result();
  }

  /** An interrupt of the caller ends this wait, but must not hide why the run has failed. */
  private static void sayFarewell(Thread lost) {
    try {
      lost.join(FAREWELL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The scheduler's life. The lock is held, except while timers run. */
  private void schedule(List<ParticipantThread> lost) {
    while (!living.isEmpty()) {
      ScheduledItem next = next();
      if (Thread.interrupted()) {
        abandon(new InterruptedException());
      } else if (turnsAtThisMoment > LIVELOCK) {
        abandon(new IllegalStateException(livelock()));
        turnsAtThisMoment = 0;
      } else if (next instanceof VirtualTimer timer && (timer.at <= now() || abandoned)) {
        runTimer(timer);
      } else if (next == null && runnable.isEmpty()) {
        reportDeadlock();
      } else {
        passTurn();
        watch(lost);
      }
    }
  }

  private void runTimer(VirtualTimer timer) {
    Runnable task = timer.take();
    if (abandoned) {
      return;
    }
    turnsAtThisMoment++;
    lock.unlock();
    try {
      Contained.run(task);
    } finally {
      lock.lock();
    }
  }

  /** Gives the turn to whom the seed or the agenda says. The lock is held. */
  private void passTurn() {
    turns++;
    turnsAtThisMoment++;
    while (true) {
      ScheduledItem next = next();
      if (next != null && next.at <= now()) {
        if (next instanceof ParkedThread parked) {
          wake(parked);
          continue;
        }
        passTurnToScheduler();
        return;
      }
      if (!runnable.isEmpty() && turnsAtThisMoment <= LIVELOCK) {
        ParticipantThread chosen = runnable.remove(choice.nextInt(runnable.size()));
        holder = chosen;
        chosen.giveTurn();
        return;
      }
      if (!runnable.isEmpty() || next == null || living.isEmpty()) {
        passTurnToScheduler();
        return;
      }
      moveTo(next.at);
      turnsAtThisMoment = 0;
    }
  }

  private void passTurnToScheduler() {
    holder = scheduler;
    scheduling.signal();
  }

  /** Waits until the scheduler has the turn, and takes it from who keeps it for too long. */
  private void watch(List<ParticipantThread> lost) {
    int seen = turns;
    long left = patience.toNanos();
    while (holder != scheduler) {
      if (seen != turns) {
        seen = turns;
        left = patience.toNanos();
      }
      try {
        left = scheduling.awaitNanos(left);
      } catch (InterruptedException e) {
        abandon(e);
        left = patience.toNanos();
      }
      if (left <= 0 && seen == turns && holder instanceof ParticipantThread stuck) {
        abandon(new StuckParticipants(Set.of(stuck), patience).failure());
        stuck.lost = true;
        living.remove(stuck);
        lost.add(stuck);
        holder = scheduler;
      }
    }
  }

  /** Ends the run: nobody waits any longer. The lock is held. */
  private void abandon(Exception reason) {
    if (failure == null) {
      failure = reason;
    } else if (failure != reason) {
      failure.addSuppressed(reason);
    }
    abandoned = true;
    living.forEach(Thread::interrupt);
  }

  private String livelock() {
    String names = runnable.stream().map(Thread::getName).collect(Collectors.joining(", "));
    return (names.isEmpty() ? "timers" : names)
        + ": more than "
        + LIVELOCK
        + " turns at "
        + DurationText.of(elapsed())
        + " (expected: somebody lets time pass; who has his interrupt flag set cannot park)";
  }

  private void reportDeadlock() {
    List<ParkedThread> waiting = parkedThreads();
    StringBuilder text =
        new StringBuilder("nothing is due any more after ")
            .append(DurationText.of(elapsed()))
            .append(", but:");
    lock.unlock(); // toString() is somebody else's code
    try {
      for (ParkedThread parked : waiting) {
        text.append("\n  ").append(parked.thread.getName()).append(" waits for ");
        text.append(SafeText.of(parked.blocker));
      }
    } finally {
      lock.lock();
    }
    abandon(new IllegalStateException(text.toString()));
  }

  @Override
  public Participant start(String name, Body body) {
    requireNonNull(name, "name");
    requireNonNull(body, "body");
    Participant started;
    lock.lock();
    try {
      Thread me = Thread.currentThread();
      if (me != holder) {
        throw new IllegalStateException(
            "start: called by "
                + me.getName()
                + " (expected: a participant or a timer task, while run is under way)");
      }
      throwIfAbandoned(me);
      started = launch(name, body);
    } finally {
      lock.unlock();
    }
    if (isParticipant(Thread.currentThread())) {
      pause();
    }
    return started;
  }

  private Participant launch(String name, Body body) {
    Participant participant = new Participant(this, name, body);
    ParticipantThread thread = participant.participantThread();
    thread.awaitFirstTurn();
    thread.start();
    admit(thread);
    return participant;
  }

  private void admit(ParticipantThread thread) {
    living.add(thread);
    runnable.add(thread);
  }

  @Override
  public Executor executor() {
    return this::handOver;
  }

  /** No scheduling point: the caller may hold a lock. */
  private void handOver(Runnable task) {
    requireNonNull(task, "task");
    lock.lock();
    try {
      if (Thread.currentThread() != holder || abandoned) {
        throw new RejectedExecutionException(
            "task: handed over by "
                + Thread.currentThread().getName()
                + (abandoned ? " after the run has failed" : "")
                + " (expected: a participant or a timer task, while run is under way)");
      }
      String name = "callback-" + ++callbacks;
      CallbackLoop rested = resting.poll();
      if (rested == null) {
        CallbackLoop loop = new CallbackLoop(task);
        loop.thread = launch(name, loop).participantThread();
      } else {
        rested.next = task;
        rested.thread().beginAnew(name);
        admit(rested.thread());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Runs one callback after another on a thread, which holds none while it rests. */
  private final class CallbackLoop implements Body {

    // Guarded by the lock

    private @Nullable Runnable next;
    private @Nullable ParticipantThread thread;

    CallbackLoop(Runnable first) {
      next = first;
    }

    @Override
    public void run() {
      do {
        runCallback(take());
      } while (rest(this));
    }

    private Runnable take() {
      lock.lock();
      try {
        Runnable taken = requireNonNull(next);
        next = null;
        return taken;
      } finally {
        lock.unlock();
      }
    }

    ParticipantThread thread() {
      return requireNonNull(thread);
    }
  }

  /** Waits until there is another callback; false: there will be none. */
  private boolean rest(CallbackLoop loop) {
    ParticipantThread me = loop.thread();
    lock.lock();
    try {
      if (abandoned || me.lost) {
        return false;
      }
      living.remove(me);
      resting.push(loop);
      me.takeTurn();
      passTurn();
    } finally {
      lock.unlock();
    }
    me.awaitTurn(loop);
    lock.lock();
    try {
      return !abandoned && loop.next != null;
    } finally {
      lock.unlock();
    }
  }

  /** The run is over: no callbacks will follow. The lock is held. */
  private void sendHome() {
    for (CallbackLoop rested : resting) {
      rested.thread().lost = true; // its end is nobody's business
      rested.thread().giveTurn();
    }
    resting.clear();
  }

  private static void runCallback(Runnable task) {
    Contained.run(
        () -> {
          try {
            task.run();
          } catch (SimulationAborted expected) {
            // The run has failed already, and says so.
          }
        });
  }

  @Override
  public void pause() {
    giveUpTurn(this, Long.MIN_VALUE);
  }

  @Override
  void await(Object blocker, long at) {
    giveUpTurn(blocker, at);
  }

  private void giveUpTurn(Object blocker, long at) {
    Thread me = Thread.currentThread();
    if (!isParticipant(me)) {
      throw new IllegalStateException(
          "park: called by "
              + me.getName()
              + " (expected: a participant, started by run, start or executor of this time"
              + " source)");
    }
    ParticipantThread participant = (ParticipantThread) me;
    lock.lock();
    try {
      throwIfAbandoned(me);
      if (at == Long.MIN_VALUE || staysAwake(me, at)) {
        runnable.add(participant);
      } else {
        enter(me, blocker, at);
      }
      participant.takeTurn();
      passTurn();
    } finally {
      lock.unlock();
    }
    participant.awaitTurn(blocker);
    throwIfAbandoned(me);
  }

  private void throwIfAbandoned(Thread me) {
    if (abandoned || (me instanceof ParticipantThread participant && participant.lost)) {
      throw new SimulationAborted();
    }
  }

  @Override
  void woken(ParkedThread parked) {
    runnable.add((ParticipantThread) parked.thread);
  }

  @Override
  boolean begin(ParticipantThread participant) {
    participant.awaitTurn(this);
    return !abandoned;
  }

  @Override
  void end(ParticipantThread participant, @Nullable Throwable thrown) {
    if (participant.lost) {
      return;
    }
    living.remove(participant);
    if (failure == null) {
      failure = thrown;
    }
    passTurn();
  }

  private boolean isParticipant(Thread thread) {
    return thread instanceof ParticipantThread participant && participant.clock == this;
  }

  @Override
  public String toString() {
    return "automatic time at " + DurationText.of(elapsed());
  }

  /** The first participant, which has a result. */
  private static final class Main<T> implements Body {

    private final Callable<T> task;
    private @Nullable T result;

    Main(Callable<T> task) {
      this.task = task;
    }

    @Override
    public void run() throws Exception {
      result = task.call();
    }

    /** Null only where the task returned null. */
    @SuppressWarnings("NullAway")
    T result() {
      return result;
    }
  }
}
