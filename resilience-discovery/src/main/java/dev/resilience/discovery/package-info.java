/**
 * What the packages of this module share: checks of arguments, and an executor that runs the steps
 * of a background activity one at a time. Not exported.
 */
@NullMarked
package dev.resilience.discovery;

import org.jspecify.annotations.NullMarked;
