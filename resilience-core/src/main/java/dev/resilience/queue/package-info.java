/**
 * The wait queue that stands before every limit of this library. It knows the time that each
 * waiting call has left, how much the call matters, and for whom it is. Not exported. Knows no
 * policy.
 */
@NullMarked
package dev.resilience.queue;

import org.jspecify.annotations.NullMarked;
