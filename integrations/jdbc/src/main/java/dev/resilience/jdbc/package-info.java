/**
 * Statements and transactions that end with their context, on any JDBC driver and pool. {@link
 * dev.resilience.jdbc.Database} is where to begin.
 */
@NullMarked
package dev.resilience.jdbc;

import org.jspecify.annotations.NullMarked;
