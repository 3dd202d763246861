package dev.resilience.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each change of the public API shows in review: it is listed in a file beside each module, and the
 * listing has to be true.
 */
class PublicApiTest {

  private static final Path ROOT = Path.of("..", "..");

  static List<Path> published() throws IOException {
    return PublicApi.published(ROOT);
  }

  @ParameterizedTest
  @MethodSource("published")
  void the_listing_is_true(Path module) throws IOException {
    Path listing = PublicApi.listing(module);
    String now = PublicApi.of(module);
    if ("write".equals(System.getProperty("resilience.api"))) {
      Files.writeString(listing, now);
      return;
    }
    String listed = Files.exists(listing) ? Files.readString(listing) : "";
    if (!now.equals(listed)) {
      List<String> before = listed.lines().toList();
      List<String> after = now.lines().toList();
      fail(
          "The public API is not what "
              + listing.normalize()
              + " says:\n"
              + Stream.concat(
                      before.stream().filter(line -> !after.contains(line)).map("- "::concat),
                      after.stream().filter(line -> !before.contains(line)).map("+ "::concat))
                  .limit(50)
                  .reduce("", (lines, line) -> lines + line + "\n")
              + "If that is meant, write it anew and commit it: in the root of the repository\n"
              + "  java"
              + " integrations/consumer/src/test/java/dev/resilience/consumer/PublicApi.java");
    }
  }

  @Test
  void everything_that_users_see_is_listed(@TempDir Path module) throws IOException {
    write(module, "module-info.java", "module m { exports p; exports friend to other; }");
    write(module, "friend/Friend.java", "package friend; public class Friend {}");
    write(module, "q/Hidden.java", "package q; public class Hidden {}");
    write(
        module,
        "p/Base.java",
        "package p; abstract class Base { Base() {} public void inherited() {} void own() {} }");
    write(
        module,
        "p/Seen.java",
        """
        package p;
        import java.util.*;
        /** Seen. */
        public class Seen<T extends @Nullable Object> extends Base implements AutoCloseable {
          public static final int MOST = 3;
          public static final Object NONE = new Object();
          private int field;
          protected @Nullable String name(
              final List<
                  ? super T> some, int... more) throws java.io.IOException { return null; }
          protected Seen(int x) {}
          @Override public void close() {}
          @Deprecated public static <X> X of(X x) { return x; }
          void packagePrivate() {}
          public enum Kind { FIRST, SECOND { void other() {} }; public int weight() { return 1; } }
          public record Pair(String left, @Nullable String right) { public Pair { } }
          public interface Rule { int apply(int x); default int twice() { return 2; } }
          static final class Inner {}
        }
        """);
    write(
        module,
        "p/Last.java",
        "package p; public final class Last { protected int x() { return 1; } }");

    assertThat(PublicApi.of(module))
        .isEqualTo(
            """
            package p

            abstract class Base
              public void inherited()

            public final class Last
              Last() // implicit

            public class Seen<T extends @Nullable Object> extends Base implements AutoCloseable
              @Deprecated public static <X> X of(X x)
              @Nullable protected String name(List<? super T> some, int... more) throws java.io.IOException
              protected Seen(int x)
              public static final Object NONE
              public static final int MOST = 3
              public void close()
              public enum Kind
                FIRST
                SECOND
                public int weight()
              public record Pair(String left, @Nullable String right)
                public Pair(...) // compact
              public interface Rule
                default int twice()
                int apply(int x)
            """);
  }

  private static void write(Path module, String file, String text) throws IOException {
    Path path = module.resolve("src/main/java").resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
