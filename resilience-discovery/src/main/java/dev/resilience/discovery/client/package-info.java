/**
 * Calls to the instances of a service: a {@link dev.resilience.discovery.client.ServiceClient}
 * watches the registry, checks health, ejects instances that fail, and balances.
 */
@NullMarked
package dev.resilience.discovery.client;

import org.jspecify.annotations.NullMarked;
