/**
 * Who is there, who is well, who is next: a {@link dev.resilience.discovery.ServiceRegistry} in
 * which instances of services are found, and a {@link dev.resilience.discovery.ServiceClient} that
 * calls them. What knows a third-party registry does not live here.
 */
@NullMarked
package dev.resilience.discovery;

import org.jspecify.annotations.NullMarked;
