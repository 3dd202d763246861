package dev.resilience.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test on virtual time, as the first participant of a simulation of its own: when all of it
 * waits, time jumps to the next moment. Hours of back-off take milliseconds, the same on each run.
 *
 * <pre>{@code
 * @Simulated
 * class ReminderTest {
 *
 *   @Test
 *   void comes_after_an_hour(VirtualTime.Automatic time, Context ctx) throws Exception {
 *     ctx.sleep(Duration.ofHours(1));
 *     assertThat(time.elapsed()).isEqualTo(Duration.ofHours(1));
 *   }
 * }
 * }</pre>
 *
 * <p>A parameter of the test, of its class's constructor or of a {@code @BeforeEach} method is the
 * simulation, if its type is {@link dev.resilience.time.VirtualTime.Automatic} or {@link
 * dev.resilience.time.TimeSource}, or its root, if it is {@link dev.resilience.context.Context}.
 * Constructor and {@code @BeforeEach} run before the simulation does: they prepare, and do not
 * wait. Other threads are started with {@link dev.resilience.time.VirtualTime#start}.
 *
 * <p>A test that fails names its seed in a suppressed exception; {@code -Dresilience.seed=7} runs
 * all with that one.
 */
@SuppressWarnings("exports") // only JUnit makes it
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(ContextExtension.class)
public @interface Simulated {

  /** Decides who goes first where several could, and all randomness. */
  long seed() default 0;
}
