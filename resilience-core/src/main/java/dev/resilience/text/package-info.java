/** How values are put into words. Not exported: plumbing of the policies and of our own modules. */
@NullMarked
package dev.resilience.text;

import org.jspecify.annotations.NullMarked;
