package dev.resilience.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.retry.Retry;
import dev.resilience.time.TimeSource;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;

/** The blocks of docs/jfr.md. */
class JfrSnippetsTest {

  private final Retry retry = Retry.ofDefaults();

  @Test
  void hooks_and_a_recording() throws Exception {
    Context root = Context.observed(TimeSource.system(), JfrEvents.contexts());
    Resilience payments = Preset.http("payments").listener(JfrEvents.policies()).build();
    Resilience quotes = Resilience.of(retry, JfrEvents.attempts("quotes")); // the innermost
    try (Recording recording = new Recording(JfrEvents.configuration())) {
      recording.start();
      String quote = payments.call(root, c -> quotes.call(c, q -> "quote"));
      assertThat(quote).isEqualTo("quote");
    }
  }
}
