package dev.resilience.page;

import java.util.function.BooleanSupplier;

/**
 * Something that a person with the token can do.
 *
 * @param id in the address
 * @param group buttons of a group stand together
 * @param label what it does
 * @param isPressed whether it is in effect
 * @param action does it
 */
record Button(String id, String group, String label, BooleanSupplier isPressed, Runnable action) {}
