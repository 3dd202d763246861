package dev.resilience.discovery.registry;

import java.util.Optional;

/**
 * The instances of a service, kept up to date. Ends when it is closed, or with the context it was
 * opened under, or with the registry's own.
 *
 * <p>Thread-safe.
 */
public interface Watch extends AutoCloseable {

  /** The last answer of the registry, marked stale while it is away; empty before the first one. */
  Optional<ServiceSnapshot> latest();

  /** Ends it: the listener is not called any more, but for a call that is under way. */
  @Override
  void close();
}
