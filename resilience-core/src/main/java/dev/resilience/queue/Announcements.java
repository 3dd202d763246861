package dev.resilience.queue;

import java.util.ArrayList;
import java.util.List;

/**
 * Whose turn has come, and who is refused: collected under the lock of a queue, told without it.
 * Made only where there is something to tell.
 */
public final class Announcements {

  final List<Ticket> admitted = new ArrayList<>();
  final List<Ticket> refused = new ArrayList<>();

  Announcements() {}
}
