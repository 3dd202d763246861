package dev.resilience.discovery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may be called now; immutable but for what its members learn.
 *
 * @param picker null: nobody may be called
 * @param pending whether nothing is known yet
 */
record Selection(
    List<Member> members,
    List<Candidate> candidates,
    Balancer.@Nullable Picker picker,
    boolean panic,
    boolean pending) {

  static final Selection UNKNOWN = new Selection(List.of(), List.of(), null, false, true);
}
