package dev.resilience.micrometer;

import dev.resilience.context.Context;
import io.micrometer.context.ThreadLocalAccessor;
import org.jspecify.annotations.Nullable;

/**
 * Lets Micrometer's context-propagation carry the {@link CurrentContext} from thread to thread, and
 * with it whatever is bound to it, such as the fields of log lines. Found as a service; needs
 * {@code io.micrometer:context-propagation}.
 *
 * <pre>{@code
 * ContextSnapshot snapshot = ContextSnapshotFactory.builder().build().captureAll();
 * executor.execute(snapshot.wrap(() -> CurrentContext.find()));
 * }</pre>
 */
public final class ContextAccessor implements ThreadLocalAccessor<Context> {

  /** Under which the context is known there. */
  public static final String KEY = "dev.resilience.context";

  /** For the service loader. */
  public ContextAccessor() {}

  @Override
  public Object key() {
    return KEY;
  }

  @Override
  public @Nullable Context getValue() {
    return CurrentContext.get();
  }

  @Override
  public void setValue(Context ctx) {
    CurrentContext.push(ctx);
  }

  /** No context is current. */
  @Override
  public void setValue() {
    CurrentContext.push(null);
  }

  @Override
  public void restore(Context before) {
    CurrentContext.pop();
  }

  @Override
  public void restore() {
    CurrentContext.pop();
  }
}
