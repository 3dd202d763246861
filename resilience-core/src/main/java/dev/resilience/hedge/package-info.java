/**
 * Several attempts at once, of which the first good result wins: of the same call when it is slow
 * ({@link dev.resilience.hedge.Hedge}), or of different calls for the same thing ({@link
 * dev.resilience.hedge.FirstSuccess}). The others are cancelled through their contexts. Knows no
 * other policy.
 */
@NullMarked
package dev.resilience.hedge;

import org.jspecify.annotations.NullMarked;
