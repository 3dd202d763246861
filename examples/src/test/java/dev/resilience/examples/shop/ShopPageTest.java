package dev.resilience.examples.shop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ShopPageTest {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Pattern ADDRESS = Pattern.compile("Open +(http://\\S+)#token=(\\S+)");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  private String said() {
    return bytes.toString(UTF_8);
  }

  @Test
  void tells_what_is_wrong_with_its_arguments() throws InterruptedException {
    assertThat(ShopPage.run(out, Context.background(), "--rate", "0")).isEqualTo(2);
    assertThat(ShopPage.run(out, Context.background(), "--help")).isZero();
    assertThat(said()).contains("--rate: '0' (expected: 1 to 500)", "mvn -q -Pdemo -Dpage");
  }

  /** Its buttons break things, the page shows it, and the switch makes the difference. */
  @Test
  void can_be_broken_by_its_buttons() throws Exception {
    try (CancellableContext root = Context.background().withCancel()) {
      FutureTask<Integer> program =
          new FutureTask<>(
              () -> ShopPage.run(out, root, "--port", "0", "--rate", "30", "--seconds", "0"));
      new Thread(program, "shop").start();
      await(() -> ADDRESS.matcher(said()).find());
      await(() -> data().contains("\"hits\""));

      press("Payment", "down");
      await(() -> data().contains("payment: injected: error"));
      await(() -> data().contains("\"state\":\"open\""));
      press("Protection", "off");
      await(() -> data().contains("\"dependency\":\"payment\",\"caller\":\"pay order-"));
      press("Payment", "hanging");
      press("Orders", "overload");
      press("Customers", "every other one leaves");
      await(() -> data().matches("(?s).*\"name\":\"orders\".*?\"cancelled\":[1-9].*"));

      root.cancel();
      assertThat(program.get()).isZero();
    }
    assertThat(said())
        .containsPattern("with protection +\\d+ +\\d+ +\\d+ +0")
        .containsPattern("without protection +\\d+ +0 +[1-9]");
  }

  private String data() throws IOException, InterruptedException {
    return CLIENT
        .send(HttpRequest.newBuilder(address().resolve("data")).build(), BodyHandlers.ofString())
        .body();
  }

  private URI address() {
    return URI.create(group(1));
  }

  private String group(int number) {
    Matcher found = ADDRESS.matcher(said());
    assertThat(found.find()).isTrue();
    return found.group(number);
  }

  private void press(String group, String label) throws IOException, InterruptedException {
    Matcher button =
        Pattern.compile("\"id\":\"(\\d+)\",\"group\":\"" + group + "\",\"label\":\"" + label)
            .matcher(data());
    assertThat(button.find()).as(group + ", " + label).isTrue();
    HttpRequest request =
        HttpRequest.newBuilder(address().resolve("buttons/" + button.group(1)))
            .header("Authorization", "Bearer " + group(2))
            .POST(BodyPublishers.noBody())
            .build();
    assertThat(CLIENT.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    try (CancellableContext patience = Context.background().withTimeout(ofSeconds(60))) {
      while (!condition.call()) {
        patience.sleep(ofMillis(50));
      }
    }
  }
}
