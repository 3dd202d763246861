package dev.resilience.concurrent;

import dev.resilience.context.Context;
import java.util.List;

/**
 * A part of a process that takes its leave in the phases of a {@link GracefulShutdown}: a server, a
 * pool, a registration, a lease. All participants of a phase run at once, each with the context of
 * the phase, which ends when the phase must be over.
 */
public interface ShutdownParticipant {

  /** Its name, for logs and the report. */
  String name();

  /** Says that the process is going, while it still serves: not ready, deregistered. */
  default void announce(Context ctx) throws Exception {}

  /** Takes in nothing new, and finishes what it has. */
  default void drain(Context ctx) throws Exception {}

  /** Stops. The process's root has been cancelled. */
  default void cancel(Context ctx) throws Exception {}

  /** What it could not finish, in words, asked at the end. */
  default List<String> unfinished() {
    return List.of();
  }

  /** What of it still runs, asked at the end. */
  default List<AbandonedTask> stillRunning() {
    return List.of();
  }
}
