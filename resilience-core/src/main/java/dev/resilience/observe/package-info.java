/**
 * What policies tell about their work: events ({@link dev.resilience.observe.PolicyEvent}), the
 * report of one call ({@link dev.resilience.observe.CallReport}), and the analysis of errors over
 * many operations ({@link dev.resilience.observe.ErrorCollector}).
 */
@NullMarked
package dev.resilience.observe;

import org.jspecify.annotations.NullMarked;
