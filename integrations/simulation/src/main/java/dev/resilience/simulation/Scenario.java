package dev.resilience.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A story as data: services, faults and callers.
 *
 * @param id a short name
 * @param title what happens
 * @param services a chain: the callers call the first, and each calls the next when its own work is
 *     done
 * @param load who calls the first service
 * @param length how long callers come
 * @param coldFor how long the client itself is slow at the start; zero: not at all
 */
public record Scenario(
    String id, String title, List<Service> services, Load load, Duration length, Duration coldFor) {

  /** Copies the list. */
  public Scenario {
    services = List.copyOf(services);
    if (services.isEmpty()) {
      throw new IllegalArgumentException("services: none (expected: at least one)");
    }
  }

  /** A scenario of ten seconds, with no service yet. */
  public static Builder builder(String id, String title) {
    return new Builder(id, title);
  }

  /** When the first fault or surge begins; the length of the run where there is none. */
  public Duration troubleFrom() {
    return Stream.concat(faults().map(Fault::from), load.surges().stream().map(Load.Surge::from))
        .min(Duration::compareTo)
        .orElse(length);
  }

  /** When the last fault or surge is over; the length of the run where there is none. */
  public Duration troubleUntil() {
    return Stream.concat(faults().map(Fault::until), load.surges().stream().map(Load.Surge::until))
        .max(Duration::compareTo)
        .orElse(length);
  }

  private Stream<Fault> faults() {
    return services.stream().flatMap(service -> service.faults().stream());
  }

  /** Builds a {@link Scenario}. Not thread-safe. */
  public static final class Builder {

    private final String id;
    private final String title;
    private final List<Service> services = new ArrayList<>();
    private Load load = Load.builder(1).build();
    private Duration length = Duration.ofSeconds(10);
    private Duration coldFor = Duration.ZERO;

    private Builder(String id, String title) {
      this.id = id;
      this.title = title;
    }

    /** Adds a service to the end of the chain. */
    public Builder service(Service service) {
      services.add(service);
      return this;
    }

    /** Who calls. Default: one a second. */
    public Builder load(Load newLoad) {
      load = newLoad;
      return this;
    }

    /** How long callers come. Default: 10 s. */
    public Builder length(Duration newLength) {
      length = newLength;
      return this;
    }

    /** How long the client is slow at the start, as code that is not compiled yet. Default: 0. */
    public Builder coldFor(Duration newColdFor) {
      coldFor = newColdFor;
      return this;
    }

    /** Builds the scenario. */
    public Scenario build() {
      return new Scenario(id, title, services, load, length, coldFor);
    }
  }
}
