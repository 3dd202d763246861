package dev.resilience.slf4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.time.VirtualTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The blocks of docs/logging.md. */
class LoggingSnippetsTest {

  private static final Logger LOG = LoggerFactory.getLogger(LoggingSnippetsTest.class);

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  static final LogFields FIELDS = LogFields.builder().requestInfo().field("tenant", TENANT).build();

  @Test
  void values_in_the_mdc() {
    Context root = Context.background(VirtualTime.manual()).withValue(TENANT, "acme");
    Resilience payments = Resilience.forHttp("payments");
    try (Lines lines = Lines.of(LOG)) {
      Context request = FIELDS.in(RequestInfo.builder().requestId("r-17").build().in(root));
      payments.run(request, c -> LOG.info("charging")); // request_id=r-17, tenant=acme

      assertThat(lines.texts()).containsExactly("INFO charging {request_id=r-17, tenant=acme} {}");
    }
  }

  @Test
  void at_an_entry_and_behind_a_stage() {
    Context request = FIELDS.in(Context.background().withValue(TENANT, "acme"));
    CompletionStage<String> stage = CompletableFuture.completedFuture("fine");
    try (Lines lines = Lines.of(LOG)) {
      try (var bound = ThreadBinding.bind(request)) {
        LOG.info("accepted");
      }
      stage.thenRun(ThreadBinding.wrap(request, () -> LOG.info("answered")));

      assertThat(lines.texts())
          .containsExactly("INFO accepted {tenant=acme} {}", "INFO answered {tenant=acme} {}");
    }
  }

  @Test
  void a_logger_in_the_context() {
    Context request = RequestInfo.builder().requestId("r-17").build().in(Context.background());
    Exception failure = new java.io.IOException("down");
    try (Lines lines = Lines.of(LOG)) {
      Context ctx = ContextLogger.in(request, LOG, "[REQUEST]");

      ContextLogger log = ContextLogger.of(ctx);
      log.info("update_user started", "fields", 2);
      log.error("update_user failed", failure);

      assertThat(lines.texts())
          .containsExactly(
              "INFO [REQUEST] update_user started {} {fields=2, request_id=r-17}",
              "ERROR [REQUEST] update_user failed {} "
                  + "{error=java.io.IOException: down, request_id=r-17}");
    }
  }
}
