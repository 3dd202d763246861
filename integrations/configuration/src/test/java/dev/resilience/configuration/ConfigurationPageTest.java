package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.time.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blocks of docs/configuration.md. */
class ConfigurationPageTest {

  interface Api {
    String quote(Context ctx, String order);
  }

  private final Api api = (ctx, order) -> "42 for " + order;

  /** The block of the page that begins in this way, after its first line. */
  private static String block(String begin) throws IOException {
    String page = Files.readString(Path.of("..", "..", "docs", "configuration.md"));
    int from = page.indexOf('\n', page.indexOf("```" + begin)) + 1;
    return page.substring(from, page.indexOf("```", from));
  }

  @Test
  void the_example_works(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("resilience.yaml"), block("yaml"));
    Context ctx = Context.background();
    String order = "tea";

    LiveConfiguration live = LiveConfiguration.of(Configuration.read(file));
    LiveStack quotes = live.stack("quotes");
    String quote = quotes.call(ctx, c -> api.quote(c, order));

    assertThat(quote).isEqualTo("42 for tea");
    Files.writeString(file, block("yaml").replace("max_attempts: 4", "max_attempts: 5"));
    List<String> changed = live.update(Configuration.read(file)); // all of it, or nothing
    assertThat(changed).containsExactly("stacks.quotes.retry");
    assertThat(quotes.current().roles()).hasSize(3);
    assertThat(live.stack("mail").current().roles()).hasSize(3);
  }

  @Test
  void the_faults_are_those() throws IOException {
    String text =
        """
        stacks:
          quotes:
            preset: http
            retry:
              max_attempts: 0
              max_dealy: 1s
            breaker: {minimum_calls: 30}
        """;
    assertThat(block("\n3 faults"))
        .isEqualTo(catchThrowable(() -> Configuration.ofYaml(text)).getMessage() + "\n");
  }

  @Test
  void switches_have_something_behind_them() {
    List<PolicyEvent> events = new ArrayList<>();
    Configuration configuration =
        Configuration.ofYaml("{enable_metrics: on, enable_leak_detection: on}");
    List<Context> counted = new ArrayList<>();
    ContextObserver counter =
        new ContextObserver() {
          @Override
          public void onDerived(Context context, Context parent, long nanos) {
            counted.add(context);
          }
        };
    try (var service = Context.background().withCancel()) {
      LiveConfiguration live =
          LiveConfiguration.builder(configuration)
              .leakDetector(LeakDetector.builder("orders").open(service))
              .metrics(counter)
              .listener(events::add)
              .build();
      Context root = Context.observed(TimeSource.system(), live.observer());
      try (var request = root.withCancel()) {
        assertThat(counted).containsExactly(request);
      }
    }
  }
}
