package dev.resilience.page;

import static java.time.Duration.ofMillis;

import dev.resilience.context.Context;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/**
 * Takes the pictures of the documentation from a page that is open, such as that of the shop:
 * {@code Screenshots http://localhost:9090/#token=... docs/page slow-payment}.
 */
final class Screenshots {

  private static final int TALLEST = 1_700;

  private Screenshots() {}

  /** Address, folder, name, and perhaps how many milliseconds to watch first. */
  public static void main(String... args) throws IOException, InterruptedException {
    try (Browser browser = Browser.start()) {
      browser.size(1440, 900, false);
      browser.open(URI.create(args[0].replaceFirst("#.*", "")), args[0].replaceFirst("[^#]*", ""));
      Context.background().sleep(ofMillis(args.length > 3 ? Long.parseLong(args[3]) : 20_000));
      take(browser, args, 1440, false, "light");
      take(browser, args, 1440, false, "dark");
      take(browser, args, 390, true, "dark");
    }
  }

  private static void take(
      Browser browser, String[] args, int width, boolean isPhone, String scheme)
      throws IOException, InterruptedException {
    browser.scheme(scheme);
    browser.size(width, 900, isPhone);
    Context.background().sleep(ofMillis(1_500));
    long height = (Long) browser.run("return document.documentElement.scrollHeight");
    browser.size(width, (int) Math.min(height, TALLEST), isPhone);
    Context.background().sleep(ofMillis(900));
    String kind = isPhone ? "phone" : scheme;
    browser.screenshot(Path.of(args[1], args[2] + "-" + kind + ".png"));
  }
}
