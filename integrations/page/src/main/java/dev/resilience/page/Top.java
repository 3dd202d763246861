package dev.resilience.page;

import dev.resilience.text.SafeText;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The page in a terminal, renewed each second until Ctrl-C.
 *
 * <pre>{@code
 * java -cp resilience-page.jar:resilience-core.jar:failsafe.jar dev.resilience.page.Top http://localhost:9090/
 * }</pre>
 *
 * <p>{@code --once} prints it once; {@code --width 120} says how wide the terminal is. Several
 * addresses show several processes.
 */
public final class Top {

  private static final String CLEAR = "\u001b[H\u001b[2J\u001b[3J";
  private static final String USAGE = "usage: top [--once] [--width 40..400] [ADDRESS...]";

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final PrintStream out;
  private int width = 160;
  private boolean isOnce;
  private List<URI> pages = List.of(URI.create("http://localhost:9090/"));

  private Top(PrintStream out) {
    this.out = out;
  }

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int exit = run(out, args);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  /** Returns the exit code: 2 for arguments that are wrong, 1 where no process answers. */
  static int run(PrintStream out, String... args) throws InterruptedException {
    Top top = new Top(out);
    try {
      top.read(args);
    } catch (IllegalArgumentException wrong) {
      out.println(SafeText.messageOf(wrong));
      out.println(USAGE);
      return 2;
    }
    return top.show();
  }

  private void read(String... args) {
    List<URI> found = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--once" -> isOnce = true;
        case "--width" -> {
          String value = i + 1 < args.length ? args[++i] : "";
          if (!value.matches("\\d{2,3}")
              || Integer.parseInt(value) < SnapshotText.NARROWEST
              || Integer.parseInt(value) > SnapshotText.WIDEST) {
            throw new IllegalArgumentException(
                "--width: '" + SafeText.of(value) + "' (expected: 40 to 400)");
          }
          width = Integer.parseInt(value);
        }
        default -> found.add(address(args[i]));
      }
    }
    if (!found.isEmpty()) {
      pages = List.copyOf(found);
    }
  }

  private static URI address(String given) {
    if (!given.matches("https?://\\S+")) {
      throw new IllegalArgumentException(
          "'" + SafeText.of(given) + "' (expected: the address of a page, http://localhost:9090/)");
    }
    return URI.create(given.endsWith("/") ? given : given + "/");
  }

  private int show() throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    while (true) {
      StringBuilder screen = new StringBuilder();
      boolean isAnswered = false;
      for (URI page : pages) {
        try {
          screen.append(text(page));
          isAnswered = true;
        } catch (IOException away) {
          screen.append(page).append(" does not answer: ").append(SafeText.messageOf(away));
        }
        screen.append('\n');
      }
      out.print((isOnce ? "" : CLEAR) + screen);
      out.flush();
      if (isOnce) {
        return isAnswered ? 0 : 1;
      }
      if (never.await(1, TimeUnit.SECONDS)) {
        return 0;
      }
    }
  }

  private String text(URI page) throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(page.resolve("top?width=" + width))
                .timeout(Duration.ofSeconds(5))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    return response.body();
  }
}
