package dev.resilience.examples.shop;

import static java.time.Duration.ofMillis;

import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.page.LivePage;
import java.io.IOException;
import java.util.List;

/** The buttons: what is wrong with whom. */
final class Controls {

  private volatile boolean isProtected = true;
  private volatile boolean callersLeave;
  private volatile int load = 1;

  Controls(LivePage page) {
    page.button("Protection", "on", () -> isProtected, () -> isProtected = true);
    page.button("Protection", "off", () -> !isProtected, () -> isProtected = false);
    page.button("Orders", "usual load", () -> load == 1, () -> load = 1);
    page.button("Orders", "overload: five times as many", () -> load == 5, () -> load = 5);
    page.button("Customers", "patient", () -> !callersLeave, () -> callersLeave = false);
    page.button(
        "Customers", "every other one leaves", () -> callersLeave, () -> callersLeave = true);
  }

  /** Buttons for what one dependency can suffer. */
  static void add(LivePage page, String group, Chaos chaos) {
    faults(page, group, "well", chaos);
    faults(page, group, "slow", chaos, Fault.slow(0.7, ofMillis(300), ofMillis(900)));
    faults(page, group, "failing", chaos, Fault.error(0.3, Controls::refused));
    faults(page, group, "down", chaos, Fault.error(1, Controls::refused));
    faults(page, group, "hanging", chaos, Fault.hang(0.6));
  }

  private static IOException refused() {
    return new IOException("connection refused");
  }

  private static void faults(
      LivePage page, String group, String label, Chaos chaos, Fault... faults) {
    page.button(
        group,
        label,
        () -> chaos.snapshot().faults().equals(List.of(faults)),
        () -> chaos.inject(faults));
  }

  boolean isProtected() {
    return isProtected;
  }

  boolean callersLeave() {
    return callersLeave;
  }

  int load() {
    return load;
  }
}
