package dev.resilience.examples.pipeline;

import dev.resilience.examples.program.Arguments;
import dev.resilience.examples.program.UsageException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the user asked for.
 *
 * @param seed of the script of faults
 * @param length of the run
 * @param rate orders a second
 * @param port of the gateway; 0: any free one
 * @param postgres whether the orders are recorded in a PostgreSQL, and not in an H2 in memory
 * @param url of a server to call instead of our own
 * @param help only tell how to use this
 */
record Options(
    long seed,
    Duration length,
    int rate,
    int port,
    boolean postgres,
    Optional<URI> url,
    boolean help) {

  static final String HELP =
      """
      Order pipeline: callers with two seconds of patience place orders at a gateway, which calls
      auth, inventory, payment and mail: five HTTP servers on loopback; paid orders are recorded
      in a database. A script of faults makes the servers slow, fail, refuse and drop connections;
      some callers leave early. Watch what becomes of the orders, and of work that nobody wants any
      more.

      mvn -q -Pdemo -Dargs="[options]"

        --seed N      which script of faults; the same seed, the same script   (default: 1)
        --seconds N   how long orders are placed, 1 to 300                     (default: 12)
        --rate N      orders a second, 1 to 500              (default: 30; 10 with --url)
        --port N      the port of the gateway, 1 to 65535         (default: any free one)
        --database D  h2, in memory, or postgres, a server of its own          (default: h2)
        --url URL     call a server of yours instead: GET http://... through the same policies,
                      without faults of ours
        --help        this text

      Ctrl-C ends the run early; the table comes all the same.
      Exit code: 0 done, 1 could not run, 2 wrong arguments.
      """;

  private static final List<String> WITH_VALUE =
      List.of("--seed", "--seconds", "--rate", "--port", "--database", "--url");

  private static final List<String> OURS = List.of("--seed", "--port", "--database");

  static Options parse(String... args) throws UsageException {
    Arguments given = Arguments.parse(WITH_VALUE, args);
    if (given.help()) {
      return new Options(0, Duration.ZERO, 0, 0, false, Optional.empty(), true);
    }
    Optional<String> url = given.value("--url");
    if (url.isPresent() && OURS.stream().anyMatch(flag -> given.value(flag).isPresent())) {
      throw new UsageException(
          "--url: the server is yours, --seed, --port and --database mean nothing there");
    }
    return new Options(
        given.number("--seed", 1),
        Duration.ofSeconds(given.number("--seconds", 12, 1, 300)),
        given.number("--rate", url.isEmpty() ? 30 : 10, 1, 500),
        given.number("--port", 0, 1, 65_535),
        isPostgres(given.value("--database").orElse("h2")),
        url.isEmpty() ? Optional.empty() : Optional.of(httpUrl(url.get())),
        false);
  }

  private static boolean isPostgres(String database) throws UsageException {
    return switch (database) {
      case "h2" -> false;
      case "postgres" -> true;
      default ->
          throw new UsageException("--database: '" + database + "' (expected: h2 or postgres)");
    };
  }

  private static URI httpUrl(String text) throws UsageException {
    try {
      URI url = URI.create(text);
      String scheme = url.getScheme();
      if (url.getHost() != null && ("http".equals(scheme) || "https".equals(scheme))) {
        return url;
      }
    } catch (IllegalArgumentException notAUri) {
      // Told below.
    }
    throw new UsageException("--url: '" + text + "' (expected: http://host... or https://host...)");
  }
}
