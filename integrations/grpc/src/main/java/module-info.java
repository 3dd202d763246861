/** Contexts, deadlines, statuses and policies for gRPC. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // gRPC has no module
module dev.resilience.grpc {
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;
  requires transitive io.grpc;

  exports dev.resilience.grpc;
}
