package dev.resilience.jfr;

import java.util.List;

/** All events of the module. */
final class EventClasses {

  static final List<Class<? extends ResilienceEvent>> ALL =
      List.of(
          ContextEvent.class,
          CallEvent.class,
          AttemptEvent.class,
          RetryEvent.class,
          QueueWaitEvent.class,
          RejectionEvent.class,
          AttemptTimeoutEvent.class,
          HedgeEvent.class,
          CircuitChangeEvent.class,
          LimitChangeEvent.class,
          WorkAbandonedEvent.class,
          LateResultEvent.class);

  private EventClasses() {}
}
