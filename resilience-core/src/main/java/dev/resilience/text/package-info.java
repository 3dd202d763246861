/**
 * How values are put into words, and foreign text made safe for messages, logs and reports. Not
 * exported: plumbing of the policies and of our own modules.
 */
@NullMarked
package dev.resilience.text;

import org.jspecify.annotations.NullMarked;
