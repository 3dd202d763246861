package dev.resilience.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails a test that leaves a context behind that is neither closed nor ended, and names the place
 * that derived it. A context with a deadline that has not passed is left behind as well.
 *
 * <pre>{@code
 * @FailOnContextLeaks
 * class CheckoutTest {
 *
 *   @Test
 *   void closes_what_it_derives(Context root) throws Exception {
 *     checkout.order(root, order);
 *   }
 * }
 * }</pre>
 *
 * <p>A parameter of the test, of its class's constructor or of a {@code @BeforeEach} method is a
 * root on the system's time, if its type is {@link dev.resilience.context.Context}; what is derived
 * below it is watched. To watch roots of your own, take the {@link
 * dev.resilience.diagnostics.LeakDetector} as a parameter and install it there. With {@link
 * Simulated} the root is on virtual time.
 *
 * <p>Checked after the {@code @AfterEach} methods, unless the test has failed anyway. Each context
 * costs some microseconds: its stack is kept.
 */
@SuppressWarnings("exports") // only JUnit makes it
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(ContextExtension.class)
public @interface FailOnContextLeaks {}
