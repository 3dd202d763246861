/**
 * Client-side load balancing: a {@link dev.resilience.discovery.balance.Balancer} chooses among
 * {@link dev.resilience.discovery.balance.Candidate}s. It knows neither registry nor client.
 */
@NullMarked
package dev.resilience.discovery.balance;

import org.jspecify.annotations.NullMarked;
