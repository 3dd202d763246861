package dev.resilience.jdbc;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * How connections are used.
 *
 * @param name in messages and figures
 * @param cancelTimeout from the end of the context until the connection is aborted
 * @param serverTimeout when the server is told the time left
 * @param fetchSize how many rows are fetched at once where they are not all kept
 * @param threads where cancels are sent and foreign pools are waited for
 * @param counters what is counted
 */
record DatabaseConfig(
    String name,
    Duration cancelTimeout,
    ServerTimeout serverTimeout,
    int fetchSize,
    Executor threads,
    Counters counters) {}
