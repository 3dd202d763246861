package dev.resilience.grpc;

import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.HeaderWriter;
import io.grpc.Metadata;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Headers in gRPC's metadata. */
final class MetadataCarrier {

  /** A few names, all from the configuration. */
  private static final Map<String, Metadata.Key<String>> KEYS = new ConcurrentHashMap<>();

  static final HeaderWriter<Metadata> WRITER =
      (metadata, name, value) -> {
        Metadata.Key<String> key = key(name);
        metadata.discardAll(key);
        metadata.put(key, value);
      };

  static final HeaderReader<Metadata> READER =
      new HeaderReader<>() {
        @Override
        public @Nullable String first(Metadata metadata, String name) {
          Iterable<String> all = metadata.getAll(key(name)); // get() would be the last
          return all == null ? null : all.iterator().next();
        }

        @Override
        public Iterable<String> all(Metadata metadata, String name) {
          Iterable<String> all = metadata.getAll(key(name));
          return all == null ? List.of() : all;
        }
      };

  private MetadataCarrier() {}

  private static Metadata.Key<String> key(String name) {
    return KEYS.computeIfAbsent(
        name, wire -> Metadata.Key.of(wire, Metadata.ASCII_STRING_MARSHALLER));
  }
}
