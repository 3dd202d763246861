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
    context = name.isEmpty() ? null : text(SafeText.of(name));
    String id = ctx.get(RequestInfo.REQUEST_ID);
    requestId = id == null ? null : text(id);
  }

  /** The class of a failure. Its text may hold what a recording must not. */
  static @Nullable Class<?> type(@Nullable Throwable failure) {
    return failure == null ? null : failure.getClass();
  }

  /**
   * A copy of its own. JFR keeps texts of 16 characters and more in a pool, if it has seen the same
   * object before; on JDK 17 the next recording of the JVM finds nothing in their place.
   */
  static String text(String text) {
    return new String(text);
  }
}
