/**
 * The JDK's {@code java.net.http.HttpClient} under contexts and policies. {@link
 * dev.resilience.http.client.ResilientHttpClient} is the entry; all else is what it takes and
 * throws.
 */
@NullMarked
package dev.resilience.http.client;

import org.jspecify.annotations.NullMarked;
