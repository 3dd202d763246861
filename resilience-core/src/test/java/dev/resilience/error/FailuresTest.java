package dev.resilience.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FailuresTest {

  /** As of a remote call, whose cause is not had until somebody asks. */
  private static final class RemoteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public Throwable getCause() {
      throw new IllegalStateException("cannot deserialize the cause");
    }
  }

  private static final class OwnCause extends CompletionException {

    private static final long serialVersionUID = 1L;

    OwnCause() {
      super("x", null);
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public Throwable getCause() {
      return this;
    }
  }

  @Nested
  class What_is_unwrapped {

    private final IllegalStateException raw = new IllegalStateException("raw");

    @Test
    void comes_out_of_any_number_of_wrappers() {
      assertThat(Failures.unwrap(new CompletionException(new CompletionException(raw))))
          .isSameAs(raw);
    }

    @Test
    void keeps_its_own_cause() {
      RuntimeException failure = new RuntimeException(raw);
      assertThat(Failures.unwrap(failure)).isSameAs(failure);
    }

    @Test
    void may_throw_where_it_is_asked_for_its_cause() {
      RemoteException remote = new RemoteException();
      assertThat(Failures.unwrap(remote)).isSameAs(remote);
    }

    @Test
    @Timeout(10)
    void may_be_its_own_cause() {
      OwnCause own = new OwnCause();
      assertThat(Failures.unwrap(own)).isSameAs(own);
    }
  }

  @Nested
  class What_is_suppressed {

    private final RuntimeException one = new RuntimeException("one");
    private final RuntimeException other = new RuntimeException("other");

    @Test
    void is_there_once() {
      Failures.suppress(one, other);
      Failures.suppress(one, other);
      assertThat(one.getSuppressed()).containsExactly(other);
    }

    @Test
    void never_leads_back_by_suppressed_ones() {
      Failures.suppress(one, other);
      Failures.suppress(other, one);
      assertThat(other.getSuppressed()).isEmpty();
    }

    @Test
    void never_leads_back_by_its_causes() {
      RuntimeException wrapping = new RuntimeException(new RuntimeException("between", one));
      Failures.suppress(one, wrapping);
      assertThat(one.getSuppressed()).isEmpty();
    }

    @Test
    void is_not_repeated_where_the_causes_tell_it() {
      RuntimeException wrapping = new RuntimeException(new RuntimeException("between", one));
      Failures.suppress(wrapping, one);
      assertThat(wrapping.getSuppressed()).isEmpty();
    }

    @Test
    void may_throw_where_it_is_asked_for_its_cause() {
      RemoteException remote = new RemoteException();
      Failures.suppress(remote, one);
      Failures.suppress(other, remote);
      assertThat(remote.getSuppressed()).containsExactly(one);
      assertThat(other.getSuppressed()).containsExactly(remote);
    }

    @Test
    void is_bounded_where_many_calls_throw_the_same_exception() {
      for (int i = 0; i < 1000; i++) {
        Failures.suppress(one, new RuntimeException());
      }
      assertThat(one.getSuppressed()).hasSize(32);
    }

    @Test
    @Timeout(60)
    void makes_no_cycle_in_any_order() {
      Random random = new Random(1);
      for (int round = 0; round < 200; round++) {
        Throwable[] constants = new Throwable[8];
        for (int i = 0; i < constants.length; i++) {
          @Nullable Throwable cause =
              i > 0 && random.nextBoolean() ? constants[random.nextInt(i)] : null;
          constants[i] = new RuntimeException("constant " + i, cause);
        }
        for (int i = 0; i < 100; i++) {
          Failures.suppress(constants[random.nextInt(8)], constants[random.nextInt(8)]);
        }
        for (Throwable constant : constants) {
          assertThat(depth(constant, 0)).isLessThanOrEqualTo(constants.length);
        }
      }
    }

    /** As a log that follows everything; overflows where there is a cycle. */
    private int depth(Throwable failure, int above) {
      assertThat(above).as("depth").isLessThan(100);
      int deepest = failure.getCause() == null ? 0 : depth(failure.getCause(), above + 1);
      for (Throwable suppressed : failure.getSuppressed()) {
        deepest = Math.max(deepest, depth(suppressed, above + 1));
      }
      return deepest + 1;
    }
  }
}
