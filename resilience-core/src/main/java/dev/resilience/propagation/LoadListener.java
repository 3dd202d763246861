package dev.resilience.propagation;

import java.net.URI;

/**
 * Hears how busy a server says it is, for a balancer. Called on the thread that received the
 * response: must be quick. What it throws is logged.
 *
 * <pre>{@code
 * .onLoad((uri, load) -> orders.reportLoad(instance(uri), ServerLoad.of(load.inFlight(), load.latency())))
 * }</pre>
 */
@FunctionalInterface
public interface LoadListener {

  /** A response has begun that tells the load. */
  void told(URI uri, ReportedLoad load);
}
