package dev.resilience.http.server;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CancelMessagesTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(5);
  private final CancelMessages messages = CancelMessages.of();
  private final ServerStack stack =
      ServerStack.builder("shop")
          .disconnects(Disconnects.none())
          .filter(messages)
          .open(Context.background(time));
  private final String id = CancelMessage.newId();

  private FakeExchange message(String value) {
    FakeExchange message = FakeExchange.get(CancelMessage.PATH).with(HeaderNames.CANCEL_ID, value);
    message.method = "POST";
    return message;
  }

  @Test
  void end_the_request_with_their_id() throws Exception {
    FakeExchange request = FakeExchange.get("/report").with(HeaderNames.CANCEL_ID, id);
    FakeExchange other =
        FakeExchange.get("/other").with(HeaderNames.CANCEL_ID, CancelMessage.newId());
    FakeExchange message = message(id);
    FakeExchange again = message(id);
    time.run(
        () -> {
          time.start("request", () -> stack.serve(request, (ctx, e) -> ctx.sleep(ofSeconds(9))));
          time.start("other", () -> stack.serve(other, (ctx, e) -> ctx.sleep(ofSeconds(9))));
          time.parkUntil("a second", time.nanoTime() + 1_000_000_000L);
          stack.serve(message, (ctx, e) -> e.reply(500, "not for handlers"));
          stack.serve(again, (ctx, e) -> e.reply(500, "not for handlers"));
          return null;
        });

    assertThat(message.responses).containsExactly(202);
    assertThat(again.responses).containsExactly(404);
    assertThat(request.end.status()).isEqualTo(499);
    assertThat(request.end.duration()).isEqualTo(ofSeconds(1));
    assertThat(other.end.duration()).isEqualTo(ofSeconds(9));
    assertThat(messages.received()).isEqualTo(1);
  }

  @Test
  void know_no_request_that_is_over() throws Exception {
    FakeExchange request = FakeExchange.get("/report").with(HeaderNames.CANCEL_ID, id);
    FakeExchange message = message(id);
    time.run(
        () -> {
          stack.serve(request, (ctx, e) -> e.reply(200, ""));
          stack.serve(message, (ctx, e) -> {});
          return null;
        });

    assertThat(message.responses).containsExactly(404);
  }

  @Test
  void are_not_fooled_by_a_second_request_with_an_id_in_use() throws Exception {
    FakeExchange first = FakeExchange.get("/first").with(HeaderNames.CANCEL_ID, id);
    FakeExchange second = FakeExchange.get("/second").with(HeaderNames.CANCEL_ID, id);
    FakeExchange message = message(id);
    time.run(
        () -> {
          time.start("first", () -> stack.serve(first, (ctx, e) -> ctx.sleep(ofSeconds(9))));
          time.parkUntil("a second", time.nanoTime() + 1_000_000_000L);
          stack.serve(second, (ctx, e) -> e.reply(200, ""));
          stack.serve(message, (ctx, e) -> {});
          return null;
        });

    assertThat(second.responses).containsExactly(200);
    assertThat(first.end.status()).isEqualTo(499);
  }

  @Test
  void that_are_malformed_are_for_nobody() throws Exception {
    List<FakeExchange> hostile = new ArrayList<>();
    for (String value : List.of("", "17", "x".repeat(32), "a".repeat(1 << 20))) {
      FakeExchange message = message(value);
      hostile.add(message);
      time.run(
          () -> {
            stack.serve(message, (ctx, e) -> {});
            return null;
          });
    }

    assertThat(hostile).allSatisfy(m -> assertThat(m.responses).containsExactly(404));
  }
}
