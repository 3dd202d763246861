package dev.resilience.load;

import dev.resilience.simulation.Contender;
import java.util.ArrayList;
import java.util.List;

/** All contenders by name: the peers, and stacks of ours. */
final class Contenders {

  private Contenders() {}

  static Contender of(String name) {
    return switch (name) {
      case "failsafe" -> new FailsafeClient();
      case "resilience4j" -> new Resilience4jClient(false);
      case "resilience4j-bulkhead" -> new Resilience4jClient(true);
      default -> Stacks.of(name);
    };
  }

  /** What is compared where nothing else is said. */
  static List<String> usual() {
    return List.of("nothing", "failsafe", "resilience4j", "preset");
  }

  static List<String> all() {
    List<String> all =
        new ArrayList<>(List.of("failsafe", "resilience4j", "resilience4j-bulkhead"));
    all.addAll(Stacks.names());
    return all;
  }
}
