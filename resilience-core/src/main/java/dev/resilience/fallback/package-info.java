/** What to answer when the call has no answer; knows no other policy. */
@NullMarked
package dev.resilience.fallback;

import org.jspecify.annotations.NullMarked;
