/**
 * The server side of a call over HTTP: a context per request, which ends when the client leaves,
 * the time is up or the process shuts down, and filters that respect it. {@link
 * dev.resilience.http.server.ServerStack} is where to begin.
 */
@NullMarked
package dev.resilience.http.server;

import org.jspecify.annotations.NullMarked;
