package dev.resilience.queue;

import java.util.ArrayList;
import java.util.List;

/**
 * Admissions and refusals, collected under the lock of a queue and told without it. Made only where
 * there is something to tell.
 */
public final class Announcements {

  final List<Ticket> admitted = new ArrayList<>();
  final List<Ticket> refused = new ArrayList<>();

  Announcements() {}
}
