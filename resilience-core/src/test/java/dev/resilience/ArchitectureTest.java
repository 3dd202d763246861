package dev.resilience;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The arrows between the packages. */
class ArchitectureTest {

  private static final String ROOT = "dev.resilience";

  /** What each package may know; whatever those know is not implied. */
  private static final Map<String, Set<String>> ARROWS = new LinkedHashMap<>();

  static {
    ARROWS.put("text", Set.of());
    ARROWS.put("time", Set.of("text"));
    ARROWS.put("context", Set.of("text", "time"));
    ARROWS.put("diagnostics", Set.of("text", "time", "context"));
    ARROWS.put("error", Set.of("text", "time", "context"));
    ARROWS.put("stage", Set.of("text", "time", "context", "error"));
    ARROWS.put("statistics", Set.of("text", "time"));
    ARROWS.put("queue", Set.of("text", "time", "context", "error", "stage"));
    Set<String> below = Set.of("text", "time", "context", "error", "stage", "statistics");
    ARROWS.put("policy", below);
    ARROWS.put("concurrent", and(below, "queue"));
    ARROWS.put("concurrent.file", and(below, "concurrent"));
    ARROWS.put("concurrent.pipeline", and(below, "concurrent"));
    ARROWS.put("propagation", and(below, "policy"));
    ARROWS.put("observe", and(below, "policy"));
    Set<String> ofPolicies = and(below, "policy", "observe");
    ARROWS.put("trace", and(below, "policy", "propagation"));
    ARROWS.put("failsafe", ofPolicies);
    ARROWS.put("retry", and(ofPolicies, "failsafe"));
    for (String policy : List.of("breaker", "timeout", "budget", "fallback", "hedge", "chaos")) {
      ARROWS.put(policy, ofPolicies);
    }
    ARROWS.put("limit", and(ofPolicies, "queue"));
  }

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** Only {@code dev.resilience} itself, which is on top of all, is not in the table. */
  @Test
  void arrows_point_down_only() {
    Map<String, Set<String>> forbidden = new TreeMap<>();
    arrows()
        .forEach(
            (from, targets) -> {
              if (from.isEmpty()) {
                return;
              }
              Set<String> beyond = new TreeSet<>(targets);
              beyond.removeAll(ARROWS.getOrDefault(from, Set.of()));
              if (!beyond.isEmpty()) {
                forbidden.put(from, beyond);
              }
            });
    assertThat(forbidden).isEmpty();
  }

  /**
   * An arrow may only lead to a package that stands above it in the table: so there is no cycle.
   */
  @Test
  void the_table_has_no_cycle() {
    List<String> known = new ArrayList<>();
    ARROWS.forEach(
        (from, targets) -> {
          assertThat(known).as("what " + from + " may know").containsAll(targets);
          known.add(from);
        });
  }

  /**
   * The drawing in the documentation is made from the classes; with -Dresilience.draw it is
   * redrawn.
   */
  @Test
  void the_drawing_is_true() throws IOException {
    StringBuilder drawing = new StringBuilder("```mermaid\ngraph BT\n");
    Map<String, Set<String>> arrows = arrows();
    for (String from : arrows.keySet()) {
      drawing.append("  ").append(node(from)).append('\n');
    }
    arrows.forEach(
        (from, targets) -> {
          for (String to : direct(arrows, targets)) {
            drawing.append("  ").append(id(from)).append(" --> ").append(id(to)).append('\n');
          }
        });
    drawing.append("```\n");
    Path page = Path.of("..", "docs", "architecture.md");
    String text = Files.readString(page);
    String begin = "<!-- drawing of the core: made by ArchitectureTest -->\n";
    String end = "<!-- end of the drawing of the core -->\n";
    int from = text.indexOf(begin) + begin.length();
    int to = text.indexOf(end);
    if (Boolean.getBoolean("resilience.draw")) {
      Files.writeString(page, text.substring(0, from) + drawing + text.substring(to));
      return;
    }
    assertThat(text.substring(from, to))
        .as(
            "docs/architecture.md (redraw: mvn test -pl resilience-core -Dtest=ArchitectureTest"
                + " -Dresilience.draw=true)")
        .isEqualTo(drawing.toString());
  }

  @Test
  void only_the_bridge_and_the_retry_know_failsafe() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".failsafe", ROOT + ".retry")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.failsafe..")
        .check(MAIN);
  }

  /** {@code Stages.watch} says why; the context, below it, takes {@code handle}. */
  @Test
  void nobody_watches_a_stage_in_a_way_of_his_own() throws IOException {
    var code = Pattern.compile("^(?!\\s*(\\*|//)).*\\bwhenComplete(Async)?\\(", Pattern.MULTILINE);
    try (var files = Files.walk(Path.of("src", "main", "java"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")))
          .isNotEmpty()
          .allSatisfy(file -> assertThat(file).content().doesNotContainPattern(code));
    }
  }

  /** The arrows that are not implied by others. */
  private static Set<String> direct(Map<String, Set<String>> arrows, Set<String> targets) {
    Set<String> direct = new TreeSet<>(targets);
    for (String between : targets) {
      direct.removeAll(reachable(arrows, between));
    }
    return direct;
  }

  private static Set<String> reachable(Map<String, Set<String>> arrows, String from) {
    Set<String> found = new TreeSet<>();
    for (String next : arrows.getOrDefault(from, Set.of())) {
      found.add(next);
      found.addAll(reachable(arrows, next));
    }
    return found;
  }

  private static String id(String name) {
    return name.isEmpty() ? "root" : name;
  }

  private static String node(String name) {
    return id(name) + "[" + (name.isEmpty() ? ROOT : name) + "]";
  }

  /** For each package of main code those of ours that it depends on. */
  private static Map<String, Set<String>> arrows() {
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (JavaClass known : MAIN) {
      String from = name(known);
      Set<String> targets = arrows.computeIfAbsent(from, p -> new TreeSet<>());
      known.getDirectDependenciesFromSelf().stream()
          .map(Dependency::getTargetClass)
          .map(JavaClass::getBaseComponentType)
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .map(ArchitectureTest::name)
          .filter(to -> !to.equals(from))
          .collect(toCollection(() -> targets));
    }
    arrows.remove("module");
    return arrows;
  }

  /** Without the root, so that it is empty for what is in the root. */
  private static String name(JavaClass known) {
    String full = known.getPackageName();
    if (!full.startsWith(ROOT)) {
      return "module";
    }
    return full.length() == ROOT.length() ? "" : full.substring(ROOT.length() + 1);
  }

  private static Set<String> and(Set<String> packages, String... more) {
    Set<String> all = new TreeSet<>(packages);
    all.addAll(List.of(more));
    return all;
  }
}
