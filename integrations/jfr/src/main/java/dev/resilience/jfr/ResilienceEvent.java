package dev.resilience.jfr;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.text.SafeText;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** What all events have in common: for whom it happened. Off until a recording enables it. */
@Category("Resilience")
@Enabled(false)
@StackTrace(false)
abstract class ResilienceEvent extends Event {

  @Label("Context")
  @Description("The name of the context, if it has one")
  @Nullable String context;

  @Label("Request Id")
  @Description("The id of the request, if the context has one")
  @Nullable String requestId;

  final void of(Context ctx) {
    String name = ctx.name();
    context = name.isEmpty() ? null : SafeText.of(name);
    requestId = ctx.get(RequestInfo.REQUEST_ID);
  }

  /** The class of a failure. Its text may hold what a recording must not. */
  static @Nullable String type(@Nullable Throwable failure) {
    return failure == null ? null : failure.getClass().getName();
  }
}
