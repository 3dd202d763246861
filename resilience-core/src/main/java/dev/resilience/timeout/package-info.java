/** A limit of the policy's own, below the caller's; knows no other policy. */
@NullMarked
package dev.resilience.timeout;

import org.jspecify.annotations.NullMarked;
