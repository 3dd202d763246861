package dev.resilience.grpc;

import dev.resilience.context.Context;
import io.grpc.Metadata;

/** Writes what travels with a call besides its deadline. */
@FunctionalInterface
interface AttemptHeaders {

  /** Called once for each attempt, with headers that are of this attempt alone. */
  void write(Context ctx, Metadata headers);
}
