/** A {@link dev.resilience.discovery.registry.RegistryStore} in ZooKeeper, through Curator. */
@NullMarked
package dev.resilience.zookeeper;

import org.jspecify.annotations.NullMarked;
