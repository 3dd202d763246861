package dev.resilience.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What others have written is put into words by {@code SafeText} alone: escaped, cut, and without
 * throwing. So main code joins nothing to a string whose text it does not know, asks no throwable
 * for its message, and logs no failure by itself. Names are made safe where they are given ({@code
 * SafeText.name}), and may then stand anywhere.
 */
class ForeignTextTest {

  private static final Path ROOT = Path.of("..", "..");

  /** Looked at one by one. */
  private static final Set<String> LOOKED_AT =
      Set.of(
          // a text of ours: of the request line, made safe; of Caffeine's figures; of an enum
          "AccessLog: appends end.exchange()",
          "AccessLog: joins exchange",
          "ExchangeEnd: joins exchange",
          "CacheSnapshot: formats stats",
          "ContextCache: asks for the text of caffeine",
          "Loan: joins state",
          "Nodes: joins code",
          "Arguments: joins value",
          "Latency: joins from",
          "Latency: joins to",
          // a list of what is safe one by one
          "CallReport: appends stopped",
          "CallReport: asks for the text of stopped",
          "CallReport: asks for the text of why",
          "CallReport: joins stopped",
          "CallTracing: asks for the text of step",
          "RecentCalls: asks for the text of step",
          "StackSpec: asks for the text of toMap()",
          "Values: asks for the text of toMap()",
          // an address, which has no such characters
          "LivePage: joins uri()",
          "Top: appends page",
          "ManagementHandle: asks for the text of name",
          // to be looked at, not shown
          "Configuration: asks for the text of file",
          "ConnectionFailure: asks for cause.getMessage()",
          "ConnectionLoss: asks for cause.getMessage()",
          "NeverSent: asks for failure.getMessage()",
          "NeverSent: asks for timeout.getMessage()",
          "SimpleKeys: asks for the text of key",
          // of a record that is taken apart, and never printed by us
          "Caller: a record shows Caller.leavesAfter",
          "ClientSetup: a record shows ClientSetup.listener",
          "ClientSetup: a record shows ClientSetup.timeSource",
          "StackEntry: a record shows StackEntry.policy",
          // made safe by the one who gets it
          "JsonWriter: appends value",
          "JsonWriter: asks for the text of value",
          "JsonWriter: asks for the text of writer.out.append('\\n')",
          "PrintableFailure: asks for the text of failure",
          "SafeText: asks for failure.getMessage()",
          "SafeText: formats foreign",
          "ServiceNodes: asks for malformed.getMessage()",
          "StatusTable: asks for failure.getMessage()",
          "ValueType: asks for the text of value",
          "YamlReader: asks for broken.getMessage()");

  @Test
  void nobody_puts_what_he_does_not_know_into_words() throws IOException {
    Set<String> found = ForeignText.in(PublicApi.published(ROOT));
    found.removeAll(LOOKED_AT);
    assertThat(found).isEmpty();
  }

  @Test
  void what_nobody_knows_is_found(@TempDir Path module) throws IOException {
    Path source = module.resolve("src/main/java/Shown.java");
    Files.createDirectories(source.getParent());
    Files.writeString(
        source,
        """
        public class Shown {
          private final String name = "n";
          private final Object value = name;
          enum Kind { ONE }
          public interface Open { Object thing(); }
          String text(Open open, String given, Throwable thrown, Kind kind, List<Kind> all) {
            LOG.log(Level.INFO, "failed", thrown);
            return "a" + name + value + kind + all + 'b' + open.thing() + open
                + ": '" + given + "'" + thrown.getMessage() + String.valueOf(thrown)
                + SafeText.of(value);
          }
        }
        """);
    assertThat(ForeignText.in(List.of(module)))
        .containsExactlyInAnyOrder(
            "Shown: asks for thrown.getMessage()",
            "Shown: formats thrown",
            "Shown: joins open",
            "Shown: joins open.thing()",
            "Shown: joins value",
            "Shown: logs a failure, thrown",
            "Shown: quotes given");
  }
}
