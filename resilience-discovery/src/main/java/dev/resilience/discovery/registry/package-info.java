/**
 * Service registration and discovery: a {@link dev.resilience.discovery.registry.ServiceRegistry}
 * keeps the instances of services, over any {@link
 * dev.resilience.discovery.registry.RegistryStore}. Stores for third-party systems are modules of
 * their own.
 */
@NullMarked
package dev.resilience.discovery.registry;

import org.jspecify.annotations.NullMarked;
