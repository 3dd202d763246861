package dev.resilience.discovery;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The instances that a call has tried; attempts of one call may run side by side. */
final class Tried implements Predicate<Candidate> {

  private record Entry(ServiceInstance instance, @Nullable Entry earlier) {}

  private final AtomicReference<@Nullable Entry> last = new AtomicReference<>();

  void add(Candidate candidate) {
    last.updateAndGet(earlier -> new Entry(candidate.instance(), earlier));
  }

  void forget() {
    last.set(null);
  }

  /** Whether it has not been tried. */
  @Override
  public boolean test(Candidate candidate) {
    for (Entry entry = last.get(); entry != null; entry = entry.earlier()) {
      if (entry.instance().id().equals(candidate.instance().id())) {
        return false;
      }
    }
    return true;
  }
}
