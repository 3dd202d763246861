package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whom to trust with what. A request id, a trace, an attempt number and a deadline may come from
 * anybody, and go to anybody: they are bounded, and a deadline can only shorten. The user, the
 * criticality, the baggage and the hop path need trust ({@link HeaderField#needsTrust}).
 *
 * <pre>{@code
 * Boundary partner = Boundary.outside().allowing(HeaderField.BAGGAGE);
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Boundary {

  private static final Boundary INSIDE = new Boundary(EnumSet.allOf(HeaderField.class));
  private static final Boundary OUTSIDE = new Boundary(untrusted());

  private final EnumSet<HeaderField> allowed;

  private Boundary(EnumSet<HeaderField> allowed) {
    this.allowed = allowed;
  }

  private static EnumSet<HeaderField> untrusted() {
    EnumSet<HeaderField> fields = EnumSet.allOf(HeaderField.class);
    fields.removeIf(HeaderField::needsTrust);
    return fields;
  }

  /** Between services that trust each other: everything passes. */
  public static Boundary inside() {
    return INSIDE;
  }

  /** To or from anybody: nothing passes that needs trust. The default. */
  public static Boundary outside() {
    return OUTSIDE;
  }

  /** This boundary, which lets some more pass. */
  public Boundary allowing(HeaderField... fields) {
    EnumSet<HeaderField> more = EnumSet.copyOf(allowed);
    for (HeaderField field : fields) {
      more.add(requireNonNull(field, "fields"));
    }
    return new Boundary(more);
  }

  /** Whether something passes. */
  public boolean allows(HeaderField field) {
    return allowed.contains(requireNonNull(field, "field"));
  }

  /** What passes that needs trust. */
  @Override
  public String toString() {
    Set<HeaderField> trusted =
        allowed.stream().filter(HeaderField::needsTrust).collect(Collectors.toSet());
    return trusted.isEmpty() ? "outside" : "trusted with " + EnumSet.copyOf(trusted);
  }
}
