package dev.resilience.diagnostics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What was found and not yet reported, by the place where it was derived: a leak in a busy path is
 * one finding, not thousands. Bounded. Not thread-safe.
 */
final class Findings {

  /** So many places wait to be reported; what comes from others is only counted among suspects. */
  private static final int MOST_PLACES = 1000;

  private record Place(Leak.Kind kind, String name, List<StackTraceElement> createdAt) {}

  private static final class Finding {

    int count;
    Duration age = Duration.ZERO;
    String thread = "";
  }

  private final Map<Place, Finding> byPlace = new HashMap<>();

  void add(Leak.Kind kind, TrackedContext context) {
    Creation creation = Objects.requireNonNull(context.creation);
    Place place = new Place(kind, creation.name, creation.stack());
    Finding finding = byPlace.get(place);
    if (finding == null) {
      if (byPlace.size() == MOST_PLACES) {
        return;
      }
      finding = new Finding();
      byPlace.put(place, finding);
    }
    finding.count++;
    Duration age = Duration.ofNanos(context.ageNanos());
    if (finding.count == 1 || age.compareTo(finding.age) > 0) {
      finding.age = age;
      finding.thread = creation.thread;
    }
  }

  /** Takes out those with the most contexts. */
  List<Leak> take(int most) {
    List<Leak> leaks = new ArrayList<>();
    byPlace.forEach(
        (place, finding) ->
            leaks.add(
                new Leak(
                    place.kind,
                    place.name,
                    finding.count,
                    finding.age,
                    finding.thread,
                    place.createdAt)));
    leaks.sort(
        Comparator.comparingInt(Leak::count)
            .thenComparing(Leak::age)
            .reversed()
            .thenComparing(Leak::toString));
    List<Leak> taken = leaks.subList(0, Math.min(most, leaks.size()));
    taken.forEach(leak -> byPlace.remove(new Place(leak.kind(), leak.name(), leak.createdAt())));
    return taken;
  }

  void clear() {
    byPlace.clear();
  }
}
