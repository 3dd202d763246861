/**
 * Files under a context: read, copied and written in chunks or lines, until the context ends, with
 * no half-written target left behind.
 */
@NullMarked
package dev.resilience.concurrent.file;

import org.jspecify.annotations.NullMarked;
