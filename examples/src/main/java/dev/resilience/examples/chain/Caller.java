package dev.resilience.examples.chain;

import dev.resilience.time.Deadline;

/**
 * Who waits at the head of the chain, for the books alone: a service does not know him, only what
 * the headers say.
 */
record Caller(Deadline patience) {}
