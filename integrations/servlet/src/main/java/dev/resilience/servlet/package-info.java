/**
 * A context per request for servlets (Jakarta Servlet 6.1), blocking and asynchronous. {@link
 * dev.resilience.servlet.ContextFilter} is all there is to know.
 */
@NullMarked
package dev.resilience.servlet;

import org.jspecify.annotations.NullMarked;
