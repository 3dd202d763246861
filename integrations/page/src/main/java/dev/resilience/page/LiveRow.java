package dev.resilience.page;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A context that lives.
 *
 * @param id of the context, the same as long as it lives
 * @param depth below the root, from 0
 * @param name its name or its kind
 * @param values what may be shown of what it carries
 * @param age how long it has lived
 * @param left until its deadline; null: it has none
 * @param waiting who waits under it, for what and where; empty: nobody
 * @param created where it was made; empty: not known
 */
record LiveRow(
    long id,
    int depth,
    String name,
    String values,
    Duration age,
    @Nullable Duration left,
    List<String> waiting,
    String created) {}
