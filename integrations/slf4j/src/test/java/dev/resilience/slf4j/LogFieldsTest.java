package dev.resilience.slf4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import dev.resilience.context.Credential;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.PolicyListener;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LogFieldsTest {

  private static final Logger LOG = LoggerFactory.getLogger(LogFieldsTest.class);

  private final Lines lines = Lines.of(LOG);
  private final Context root = Context.background();
  private final Context request =
      LogFields.ofDefaults()
          .in(
              RequestInfo.builder()
                  .requestId("r-17")
                  .userId("u-4")
                  .traceId("t-9")
                  .credential(Credential.of("s3cr3t-token"))
                  .build()
                  .in(root));

  @AfterEach
  void theThreadIsAsItWas() {
    lines.close();
    assertThat(MDC.get("request_id")).isNull();
    MDC.clear();
  }

  @Nested
  class The_mdc {

    @Test
    void has_the_chosen_values_while_work_is_done_for_the_context() {
      Resilience.of().run(request, c -> LOG.info("working"));
      LOG.info("afterwards");

      assertThat(lines.texts())
          .containsExactly(
              "INFO working {request_id=r-17, trace_id=t-9, user_id=u-4} {}",
              "INFO afterwards {} {}");
    }

    @Test
    void is_restored_after_a_failure_and_what_others_put_there_stays() {
      MDC.put("node", "n-1");
      catchThrowable(
          () ->
              Resilience.of()
                  .run(
                      request,
                      c -> {
                        MDC.put("mine", "left behind");
                        throw new IOException("down");
                      }));

      assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("node", "n-1", "mine", "left behind"));
    }

    @Test
    void never_shows_a_value_of_somebody_else_for_a_field_that_the_context_has_not_got() {
      MDC.put("user_id", "somebody else");
      try {
        Context anonymous =
            LogFields.ofDefaults().in(RequestInfo.builder().requestId("r-1").build().in(root));
        Resilience.of().run(anonymous, c -> LOG.info("working"));
        assertThat(MDC.get("user_id")).isEqualTo("somebody else");
      } finally {
        MDC.clear();
      }

      assertThat(lines.texts()).containsExactly("INFO working {request_id=r-1} {}");
    }

    @Test
    void follows_a_child_that_changes_a_value_and_comes_back() {
      Resilience.of()
          .run(
              request,
              c -> {
                Context other = RequestInfo.builder().userId("u-5").build().in(c);
                Resilience.of().run(other, inner -> LOG.info("inner"));
                LOG.info("outer");
              });

      assertThat(lines.texts())
          .containsExactly(
              "INFO inner {request_id=r-17, trace_id=t-9, user_id=u-5} {}",
              "INFO outer {request_id=r-17, trace_id=t-9, user_id=u-4} {}");
    }

    @Test
    void is_set_at_an_entry_that_runs_no_stack() {
      try (var bound = ThreadBinding.bind(request)) {
        LOG.info("entered");
      }

      assertThat(lines.texts())
          .containsExactly("INFO entered {request_id=r-17, trace_id=t-9, user_id=u-4} {}");
    }

    @Test
    void is_set_in_tasks_of_a_pool_and_not_for_the_next_task() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("pool").workers(1).open(root)) {
        pool.<String>submit(request, "mine", c -> logged("mine")).await(root);
        pool.<String>submit(root, "next", c -> logged("next")).await(root);
      }

      assertThat(lines.texts())
          .containsExactly(
              "INFO mine {request_id=r-17, trace_id=t-9, user_id=u-4} {}", "INFO next {} {}");
    }

    private String logged(String text) {
      LOG.info(text);
      return text;
    }

    @Test
    void is_set_in_attempts_listeners_and_reports_of_asynchronous_calls() {
      Retry retry =
          Retry.builder()
              .maxAttempts(2)
              .backoff(Backoff.constant(Duration.ofMillis(1)))
              .listener(PolicyListener.withContext((c, event) -> LOG.info("event")))
              .build();
      Resilience.of(retry)
          .withReports(CallReportListener.withContext((c, report) -> LOG.info("report")))
          .callAsync(
              request,
              c -> {
                LOG.info("attempt");
                return CompletableFuture.failedFuture(new IOException("down"));
              })
          .exceptionally(down -> null)
          .toCompletableFuture()
          .join();

      assertThat(lines.texts())
          .contains("INFO report {request_id=r-17, trace_id=t-9, user_id=u-4} {}")
          .hasSize(5)
          .allMatch(line -> line.contains("request_id=r-17"));
    }
  }

  @Test
  void a_value_from_elsewhere_forges_no_line() {
    Key<String> agent = Key.of("agent", String.class);
    LogFields fields = LogFields.builder().field("agent", agent).build();
    Context evil = fields.in(root.withValue(agent, "x\n2026-01-01 INFO all is well"));
    Resilience.of().run(evil, c -> LOG.info("working"));

    assertThat(lines.texts())
        .containsExactly("INFO working {agent=x\\n2026-01-01 INFO all is well} {}");
  }

  @Test
  void a_value_that_cannot_be_printed_costs_nobody_the_line() {
    Key<Object> broken = Key.of("broken", Object.class);
    LogFields fields = LogFields.builder().field("broken", broken).build();
    Object value =
        new Object() {
          @Override
          public String toString() {
            throw new StackOverflowError("toString");
          }
        };
    Resilience.of().run(fields.in(root.withValue(broken, value)), c -> LOG.info("working"));

    assertThat(lines.texts()).singleElement().asString().contains("without a text");
  }

  @Test
  void credentials_are_refused_and_never_logged() {
    assertThatThrownBy(() -> LogFields.builder().field("token", RequestInfo.CREDENTIAL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("key: 'credential' is a credential (expected: a key that may be logged)");
    assertThatThrownBy(() -> LogFields.builder().field("session", RequestInfo.SESSION_ID))
        .isInstanceOf(IllegalArgumentException.class);

    Resilience.of()
        .run(
            request,
            c -> LOG.info("{} {} {}", c, RequestInfo.of(c), c.get(RequestInfo.CREDENTIAL)));
    assertThat(lines.texts()).singleElement().asString().doesNotContain("s3cr3t").contains("***");
  }

  @Test
  void bad_fields_are_refused_at_once() {
    var builder = LogFields.builder().requestInfo();

    assertThatThrownBy(() -> builder.field(" ", RequestInfo.USER_AGENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: ' ' (expected: not blank)");
    assertThatThrownBy(() -> builder.field("user_id", RequestInfo.USER_AGENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'user_id' twice (expected: once)");
    assertThat(builder.build())
        .hasToString("log fields request_id = request-id, user_id = user-id, trace_id = trace-id");
  }
}
