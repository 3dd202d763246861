/**
 * Discovery across processes: three instances of a service and a ZooKeeper server, each in a JVM of
 * its own, of which one after the other is killed, paused and slowed down under traffic. Begin with
 * {@link dev.resilience.examples.discovery.ThreeInstances}; who calls, and how, stands in {@code
 * Callers}, how an instance registers in {@code OrdersMain}.
 */
@NullMarked
package dev.resilience.examples.discovery;

import org.jspecify.annotations.NullMarked;
