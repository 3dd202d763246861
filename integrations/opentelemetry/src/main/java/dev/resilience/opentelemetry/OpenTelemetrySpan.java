package dev.resilience.opentelemetry;

import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.text.SafeText;
import dev.resilience.trace.ActiveSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A span of OpenTelemetry. What it ended with is decided when it is closed. */
final class OpenTelemetrySpan implements ActiveSpan {

  private final Span span;
  private final Context caller;
  private final Context ctx;

  /** As it began: an ended span takes nothing, whoever asks. */
  private final boolean recording;

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Throwable thrown;

  OpenTelemetrySpan(Span span, Context caller, Context ctx) {
    this.span = span;
    this.caller = caller;
    this.ctx = ctx;
    this.recording = span.isRecording();
  }

  @Override
  public Context context() {
    return ctx;
  }

  @Override
  public boolean isRecording() {
    return recording;
  }

  @Override
  public ActiveSpan attribute(String key, String value) {
    if (recording) {
      span.setAttribute(key, SafeText.of(value));
    }
    return this;
  }

  @Override
  public ActiveSpan attribute(String key, long value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public ActiveSpan event(String text) {
    if (recording) {
      span.addEvent(SafeText.of(text));
    }
    return this;
  }

  @Override
  public ActiveSpan failed(Throwable failure) {
    thrown = failure;
    return this;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (recording) {
      tellEnd();
    }
    span.end();
  }

  private void tellEnd() {
    ContextException end = caller.error();
    Throwable failure = thrown;
    if (end instanceof ContextCancelledException) {
      span.setAttribute("resilience.cancelled", true);
    } else if (failure != null) {
      span.setAttribute("error.type", failure.getClass().getName());
      span.setStatus(StatusCode.ERROR, SafeText.of(failure));
    } else if (end != null) {
      // A result that came too late is one all the same.
      span.setAttribute("resilience.deadline.exceeded", true);
    }
  }
}
