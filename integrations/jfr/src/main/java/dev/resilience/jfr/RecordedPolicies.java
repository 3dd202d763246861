package dev.resilience.jfr;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CallCompleted;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.observe.PolicyEvent.ConcurrencyLimitChanged;
import dev.resilience.observe.PolicyEvent.HedgeStarted;
import dev.resilience.observe.PolicyEvent.LateResult;
import dev.resilience.observe.PolicyEvent.Rejected;
import dev.resilience.observe.PolicyEvent.RetryScheduled;
import dev.resilience.observe.PolicyEvent.TimedOut;
import dev.resilience.observe.PolicyEvent.Waited;
import dev.resilience.observe.PolicyEvent.WorkAbandoned;
import dev.resilience.observe.PolicyListener;
import dev.resilience.time.Durations;

/** Writes what policies tell into the recording, if it wants that. */
final class RecordedPolicies implements PolicyListener {

  static final RecordedPolicies INSTANCE = new RecordedPolicies();

  private RecordedPolicies() {}

  @Override
  public boolean wantsCalls() {
    return new CallEvent().isEnabled();
  }

  @Override
  public void on(PolicyEvent event) {
    on(Context.background(), event);
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    if (event instanceof CallCompleted call) {
      CallEvent recorded = new CallEvent();
      if (recorded.isEnabled()) {
        recorded.time = Durations.toNanos(call.time());
        recorded.verdict = ResilienceEvent.text(call.verdict().name());
        recorded.failure = ResilienceEvent.type(call.failure());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof RetryScheduled retry) {
      RetryEvent recorded = new RetryEvent();
      if (recorded.isEnabled()) {
        recorded.attempt = retry.attempt();
        recorded.delay = Durations.toNanos(retry.delay());
        recorded.failure = ResilienceEvent.type(retry.failure());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof CircuitChanged change) {
      CircuitChangeEvent recorded = new CircuitChangeEvent();
      if (recorded.isEnabled()) {
        recorded.from = change.from().name();
        recorded.to = change.to().name();
        recorded.reason = ResilienceEvent.text(change.reason());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof ConcurrencyLimitChanged change) {
      LimitChangeEvent recorded = new LimitChangeEvent();
      if (recorded.isEnabled()) {
        recorded.from = change.from();
        recorded.to = change.to();
        commit(recorded, ctx, event);
      }
    } else if (event instanceof TimedOut timedOut) {
      AttemptTimeoutEvent recorded = new AttemptTimeoutEvent();
      if (recorded.isEnabled()) {
        recorded.limit = Durations.toNanos(timedOut.limit());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof Rejected rejected) {
      RejectionEvent recorded = new RejectionEvent();
      if (recorded.isEnabled()) {
        recorded.rejection = ResilienceEvent.type(rejected.rejection());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof Waited waited) {
      QueueWaitEvent recorded = new QueueWaitEvent();
      if (recorded.isEnabled()) {
        recorded.time = Durations.toNanos(waited.time());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof WorkAbandoned abandoned) {
      WorkAbandonedEvent recorded = new WorkAbandonedEvent();
      if (recorded.isEnabled()) {
        recorded.stillRunning = abandoned.stillRunning();
        commit(recorded, ctx, event);
      }
    } else if (event instanceof LateResult late) {
      LateResultEvent recorded = new LateResultEvent();
      if (recorded.isEnabled()) {
        recorded.ran = Durations.toNanos(late.ran());
        recorded.failure = ResilienceEvent.type(late.failure());
        commit(recorded, ctx, event);
      }
    } else if (event instanceof HedgeStarted hedge) {
      HedgeEvent recorded = new HedgeEvent();
      if (recorded.isEnabled()) {
        recorded.number = hedge.number();
        recorded.after = Durations.toNanos(hedge.after());
        commit(recorded, ctx, event);
      }
    }
  }

  private static void commit(PolicyJfrEvent recorded, Context ctx, PolicyEvent event) {
    recorded.of(ctx);
    recorded.policy = ResilienceEvent.text(event.policy());
    recorded.commit();
  }
}
