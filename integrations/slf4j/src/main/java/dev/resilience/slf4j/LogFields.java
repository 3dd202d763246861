package dev.resilience.slf4j;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.text.SafeText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Which values of a context stand in its log lines, and under which names. Put into a context with
 * {@link #in}, it keeps the {@link MDC} of every thread that works for it true to that context.
 *
 * <pre>{@code
 * static final LogFields FIELDS = LogFields.builder()
 *     .requestInfo()                       // request_id, user_id, trace_id
 *     .field("tenant", TENANT)
 *     .build();
 *
 * Context request = FIELDS.in(RequestInfo.builder().requestId("r-17").build().in(root));
 * payments.call(request, c -> {
 *   LOG.info("charging");                  // request_id=r-17, on whatever thread this runs
 *   return gateway.charge(c, order);
 * });
 * }</pre>
 *
 * <p>Where that is, {@link ThreadBinding} says: attempts, tasks of groups and pools, loads of
 * caches, callbacks, and listeners of policies, also of asynchronous calls. Afterwards the MDC is
 * what it was before. A field for which the context has no value is not in the MDC meanwhile, even
 * if somebody else's was: a line never has the id of another request.
 *
 * <p>Values are escaped and cut to {@value SafeText#MOST} characters: they forge no line.
 * {@linkplain Key#credential Credentials} are refused. Immutable and thread-safe. Costs a
 * comparison for each field where the thread says so already, else two accesses of the MDC.
 */
public final class LogFields implements ThreadBinding {

  private static final Bound NOTHING_CHANGED = () -> {};

  private static final Key<LogFields> KEY = Key.of("log fields", LogFields.class);
  private static final LogFields DEFAULTS = builder().requestInfo().build();

  private final String[] names;
  private final Key<?>[] keys;

  private LogFields(Map<String, Key<?>> fields) {
    this.names = fields.keySet().toArray(String[]::new);
    this.keys = fields.values().toArray(Key<?>[]::new);
  }

  /** {@code request_id}, {@code user_id} and {@code trace_id} of {@link RequestInfo}. */
  public static LogFields ofDefaults() {
    return DEFAULTS;
  }

  /** Returns a builder without any field. */
  public static Builder builder() {
    return new Builder();
  }

  /** The fields of a context, or the default ones. */
  static LogFields of(Context ctx) {
    return ctx.getOrDefault(KEY, DEFAULTS);
  }

  /** A child of a context whose work logs with these fields. */
  public Context in(Context ctx) {
    return ctx.withValue(KEY, this).withBinding(this);
  }

  /** Sets the MDC of the calling thread; for an entry to the program that runs no stack of ours. */
  @Override
  public Bound enter(Context ctx) {
    Changes changes = null;
    try {
      for (int i = 0; i < names.length; i++) {
        String before = MDC.get(names[i]);
        String wanted = text(ctx, i);
        if (!Objects.equals(before, wanted)) {
          if (changes == null) {
            changes = new Changes(names);
          }
          changes.remember(i, before);
          set(names[i], wanted);
        }
      }
    } catch (Throwable halfway) {
      if (changes != null) {
        changes.close();
      }
      throw halfway;
    }
    return changes == null ? NOTHING_CHANGED : changes;
  }

  /** What the MDC said before, where it was changed. */
  private static final class Changes implements Bound {

    private final String[] names;
    private final @Nullable String[] before;
    private final boolean[] changed;

    Changes(String[] names) {
      this.names = names;
      this.before = new @Nullable String[names.length];
      this.changed = new boolean[names.length];
    }

    void remember(int field, @Nullable String value) {
      before[field] = value;
      changed[field] = true;
    }

    @Override
    public void close() {
      for (int i = 0; i < names.length; i++) {
        if (changed[i]) {
          set(names[i], before[i]);
        }
      }
    }
  }

  private static void set(String name, @Nullable String value) {
    if (value == null) {
      MDC.remove(name);
    } else {
      MDC.put(name, value);
    }
  }

  private @Nullable String text(Context ctx, int field) {
    Object value = ctx.get(keys[field]);
    return value == null ? null : SafeText.of(value);
  }

  /** Adds the values of a context to a line that is being built, as key-value pairs. */
  public LoggingEventBuilder addTo(LoggingEventBuilder line, Context ctx) {
    LoggingEventBuilder more = line;
    for (int i = 0; i < names.length; i++) {
      String value = text(ctx, i);
      if (value != null) {
        more = more.addKeyValue(names[i], value);
      }
    }
    return more;
  }

  /** A logger whose lines have these fields of a context as key-value pairs. */
  public ContextLogger logger(Logger logger, Context ctx) {
    return new ContextLogger(logger, this, ctx, "");
  }

  /** The names, with their keys. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("log fields");
    for (int i = 0; i < names.length; i++) {
      text.append(i == 0 ? " " : ", ").append(names[i]).append(" = ").append(keys[i]);
    }
    return text.toString();
  }

  /** Builds {@link LogFields}. Not thread-safe. */
  public static final class Builder {

    private final Map<String, Key<?>> fields = new LinkedHashMap<>();

    private Builder() {}

    /** Adds {@code request_id}, {@code user_id} and {@code trace_id} of {@link RequestInfo}. */
    public Builder requestInfo() {
      field("request_id", RequestInfo.REQUEST_ID);
      field("user_id", RequestInfo.USER_ID);
      return field("trace_id", RequestInfo.TRACE_ID);
    }

    /**
     * Adds a field. To name a key here is the decision to log its values, also where it is not
     * {@linkplain Key#isShown shown} otherwise.
     *
     * @param name in the log; not blank, not yet taken
     * @param key of the value; not a credential
     */
    public Builder field(String name, Key<?> key) {
      String shown = SafeText.name(name);
      if (Objects.requireNonNull(key, "key").isCredential()) {
        throw new IllegalArgumentException(
            "key: '" + key + "' is a credential (expected: a key that may be logged)");
      }
      if (fields.putIfAbsent(shown, key) != null) {
        throw new IllegalArgumentException("name: '" + shown + "' twice (expected: once)");
      }
      return this;
    }

    /** The fields. */
    public LogFields build() {
      return new LogFields(fields);
    }
  }
}
