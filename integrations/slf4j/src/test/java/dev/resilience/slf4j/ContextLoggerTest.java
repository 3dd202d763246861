package dev.resilience.slf4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class ContextLoggerTest {

  private static final Logger LOG = LoggerFactory.getLogger(ContextLoggerTest.class);

  private final Lines lines = Lines.of(LOG);
  private final Context request =
      RequestInfo.builder().requestId("r-17").userId("u-4").build().in(Context.background());

  @AfterEach
  void close() {
    lines.close();
  }

  @Test
  void a_line_has_the_values_of_the_context_and_the_error_as_pairs() {
    ContextLogger log = ContextLogger.of(ContextLogger.in(request, LOG, "[REQUEST]"));
    log.info("update_user started", "field", "email");
    log.warn("validation failed", "field", "email");
    log.error("update_user failed", new IOException("down"));
    log.debug("not on");

    assertThat(lines.texts())
        .containsExactly(
            "INFO [REQUEST] update_user started {} {field=email, request_id=r-17, user_id=u-4}",
            "WARN [REQUEST] validation failed {} {field=email, request_id=r-17, user_id=u-4}",
            "ERROR [REQUEST] update_user failed {} "
                + "{error=java.io.IOException: down, request_id=r-17, user_id=u-4}");
    assertThat(lines.events().get(2).getThrowableProxy().getMessage()).isEqualTo("down");
  }

  @Test
  void it_travels_with_the_context_and_logs_for_whatever_child_it_is_asked_of() {
    Context child =
        RequestInfo.builder().userId("u-5").build().in(ContextLogger.in(request, LOG, "[A]"));
    ContextLogger.of(child).info("as another user");
    ContextLogger.of(child, LOG).info("with a logger of my own");

    assertThat(lines.texts())
        .containsExactly(
            "INFO [A] as another user {} {request_id=r-17, user_id=u-5}",
            "INFO [A] with a logger of my own {} {request_id=r-17, user_id=u-5}");
  }

  @Test
  void it_has_the_fields_that_the_context_chose() {
    Key<String> tenant = Key.of("tenant", String.class);
    LogFields fields = LogFields.builder().field("tenant", tenant).build();
    Context ctx = fields.in(request.withValue(tenant, "acme"));
    ContextLogger.of(ctx, LOG).info("one");
    fields.logger(LOG, ctx).at(org.slf4j.event.Level.WARN).addKeyValue("n", 2).log("two");

    assertThat(lines.texts())
        .containsExactly("INFO one {} {tenant=acme}", "WARN two {} {n=2, tenant=acme}");
  }

  @Test
  void braces_in_a_message_are_no_pattern_and_a_prefix_forges_no_line() {
    ContextLogger.of(ContextLogger.in(Context.background(), LOG, "[x\n]")).info("{} ${jndi:x}");

    assertThat(lines.texts()).containsExactly("INFO [x\\n] {} ${jndi:x} {} {}");
  }

  @Test
  void a_line_that_is_off_is_not_put_into_words() {
    ((ch.qos.logback.classic.Logger) LOG).setLevel(Level.ERROR);
    try {
      ContextLogger.of(request, LOG)
          .info(
              "off",
              "costly",
              new Object() {
                @Override
                public String toString() {
                  throw new AssertionError("asked");
                }
              });
    } finally {
      ((ch.qos.logback.classic.Logger) LOG).setLevel(null);
    }

    assertThat(lines.texts()).isEmpty();
  }

  @Test
  void a_key_without_a_value_is_refused() {
    assertThatThrownBy(() -> ContextLogger.of(request, LOG).info("x", "user"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keysAndValues: 1 of them (expected: an even number)");
  }
}
