package dev.resilience.simulation;

import dev.resilience.observe.PolicyListener;
import dev.resilience.time.TimeSource;
import java.time.Duration;

/**
 * What a client needs to know when it is made.
 *
 * @param service the name of the service that it calls
 * @param instances how many there are of it
 * @param patience how long callers wait
 * @param timeSource the clock of the run
 * @param listener hears what the policies do; the run keeps when circuits open and close
 */
public record ClientSetup(
    String service,
    int instances,
    Duration patience,
    TimeSource timeSource,
    PolicyListener listener) {}
