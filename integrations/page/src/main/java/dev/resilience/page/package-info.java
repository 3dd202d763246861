/**
 * One page on which the state of the library is seen while it runs ({@link
 * dev.resilience.page.LivePage}), as HTML, as JSON and as text.
 */
@NullMarked
package dev.resilience.page;

import org.jspecify.annotations.NullMarked;
