package dev.resilience.jfr;

import dev.resilience.context.ContextObserver;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.ContextPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Objects;
import jdk.jfr.Configuration;

/**
 * What writes events of JDK Flight Recorder: put it into a stack, or install it at a root, and
 * leave it there. All events are off until a recording enables them; the look whether one is on
 * costs a nanosecond or nothing.
 *
 * <pre>{@code
 * Context root = Context.observed(TimeSource.system(), JfrEvents.contexts());
 * Resilience payments = Preset.http("payments").listener(JfrEvents.policies()).build();
 *
 * try (var recording = new Recording(JfrEvents.configuration())) {
 *   recording.start();
 *   ...
 * }
 * }</pre>
 *
 * <p>From the command line: {@code
 * -XX:StartFlightRecording:settings=default,settings=resilience.jfc} with the file that is in the
 * jar of this module, or {@code jcmd PID JFR.start settings=resilience.jfc}.
 *
 * <p>Events hold the name of the context and its request id, names of policies and classes of
 * failures: no other value of a context, and no text of a failure. Thread-safe.
 */
public final class JfrEvents {

  /** The file beside this class with settings that enable all events. */
  private static final String SETTINGS = "resilience.jfc";

  private JfrEvents() {}

  /**
   * Writes an event {@code dev.resilience.Context} for the life of each context below a root. While
   * that event is off, contexts are derived as below an unobserved root; those that live when it is
   * turned on are not seen.
   */
  public static ContextObserver contexts() {
    return RecordedContexts.INSTANCE;
  }

  /**
   * Writes what a policy tells: retries, time-outs, rejections, waits in queues, hedges, changes of
   * circuits and limits, abandoned work; and, as the listener of a stack or a preset, each call.
   */
  public static PolicyListener policies() {
    return RecordedPolicies.INSTANCE;
  }

  /**
   * A policy that writes an event {@code dev.resilience.Attempt} for each call of what is inside:
   * the innermost of a stack.
   *
   * @param name of the dependency
   */
  public static ContextPolicy attempts(String name) {
    return new RecordedAttempts(Objects.requireNonNull(name, "name"));
  }

  /**
   * Settings that enable all events of this module and no other; the same as in the file {@code
   * dev/resilience/jfr/resilience.jfc} of its jar.
   */
  public static Configuration configuration() {
    try (InputStream file =
        Objects.requireNonNull(JfrEvents.class.getResourceAsStream(SETTINGS), SETTINGS)) {
      return Configuration.create(new InputStreamReader(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ParseException e) {
      throw new IllegalStateException(SETTINGS, e);
    }
  }
}
