package dev.resilience.concurrent.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/**
 * The rules of reactive streams, judged by their own test suite, which is made of TestNG classes.
 */
class PipelineTckTest {

  private static final long SIGNAL_MILLIS = 1_000;
  private static final long SILENCE_MILLIS = 50;

  @Test
  void results_are_a_publisher() {
    check(Publishing.class);
  }

  @Test
  void a_source_is_a_subscriber() {
    check(Subscribing.class);
  }

  private static void check(Class<?> suite) {
    TestNG runner = new TestNG(false);
    runner.setVerbose(0);
    runner.setTestClasses(new Class<?>[] {suite});
    TestListenerAdapter results = new TestListenerAdapter();
    runner.addListener(results);
    runner.run();
    assertThat(results.getFailedTests()).as(() -> failures(results)).isEmpty();
    assertThat(results.getPassedTests()).hasSizeGreaterThan(10);
  }

  private static String failures(TestListenerAdapter results) {
    List<String> lines = new ArrayList<>();
    for (ITestResult failed : results.getFailedTests()) {
      lines.add(failed.getName() + ": " + failed.getThrowable());
    }
    return String.join("\n", lines);
  }

  private static Pipeline<Long, Long> pipeline() {
    return Pipeline.<Long>builder("tck").map("same", (c, n) -> n).build();
  }

  /** Run by TestNG. */
  public static final class Publishing extends FlowPublisherVerification<Long> {

    public Publishing() {
      super(new TestEnvironment(SIGNAL_MILLIS, SILENCE_MILLIS));
    }

    @Override
    public Flow.Publisher<Long> createFlowPublisher(long elements) {
      return pipeline()
          .publisher(Context.background(), () -> LongStream.range(0, elements).boxed().iterator());
    }

    @Override
    public Flow.Publisher<Long> createFailedFlowPublisher() {
      var ended = Context.background().withCancel();
      ended.cancel(CancelReason.SHUTDOWN);
      return pipeline().publisher(ended, List.of(1L));
    }
  }

  /** Run by TestNG. */
  public static final class Subscribing extends FlowSubscriberBlackboxVerification<Long> {

    public Subscribing() {
      super(new TestEnvironment(SIGNAL_MILLIS, SILENCE_MILLIS));
    }

    @Override
    public Flow.Subscriber<Long> createFlowSubscriber() {
      FlowSource<Long> source = new FlowSource<>(16);
      Thread reader =
          new Thread(
              () -> {
                try {
                  while (source.next(Context.background()) != null) {
                    Thread.onSpinWait();
                  }
                } catch (Exception end) {
                  source.close();
                }
              });
      reader.setDaemon(true);
      reader.start();
      return source;
    }

    @Override
    public Long createElement(int element) {
      return (long) element;
    }
  }
}
