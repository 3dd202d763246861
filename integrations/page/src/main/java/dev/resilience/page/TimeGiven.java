package dev.resilience.page;

import java.time.Duration;

/**
 * How long a call may take.
 *
 * @param limit the limit now; of deadlines their median
 * @param kind what limits it: {@code time-out}, {@code adaptive time-out} or {@code deadline}
 */
record TimeGiven(Duration limit, String kind) {}
