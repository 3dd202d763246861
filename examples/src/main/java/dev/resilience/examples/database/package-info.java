/**
 * Repository, service and handler over PostgreSQL, whose statements end with their callers; and
 * what one hot shard costs the callers of the others.
 */
@NullMarked
package dev.resilience.examples.database;

import org.jspecify.annotations.NullMarked;
