/**
 * What travels from one service to the next: the time left, the identity, the trace and the path of
 * a request, written into and read from the headers of any protocol.
 *
 * <p>{@link dev.resilience.propagation.Propagation} is the entry. Nothing here opens a connection;
 * clients and servers live in modules of their own.
 */
@NullMarked
package dev.resilience.propagation;

import org.jspecify.annotations.NullMarked;
