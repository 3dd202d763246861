package dev.resilience.configuration;

import dev.resilience.Preset;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The presets by name, and the policies that each of them has. */
enum PresetKind {
  HTTP,
  RPC,
  DATABASE,
  CACHE;

  Preset preset(String name) {
    return switch (this) {
      case HTTP -> Preset.http(name);
      case RPC -> Preset.rpc(name);
      case DATABASE -> Preset.database(name);
      case CACHE -> Preset.cache(name);
    };
  }

  Set<PolicyKind> policies() {
    return switch (this) {
      case HTTP, RPC ->
          EnumSet.of(
              PolicyKind.RETRY, PolicyKind.HEDGE, PolicyKind.BREAKER, PolicyKind.CONCURRENCY_LIMIT);
      case DATABASE ->
          EnumSet.of(PolicyKind.RETRY, PolicyKind.BREAKER, PolicyKind.CONCURRENCY_LIMIT);
      case CACHE -> EnumSet.of(PolicyKind.BREAKER, PolicyKind.CONCURRENCY_LIMIT);
    };
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static String[] keys() {
    return Arrays.stream(values()).map(PresetKind::key).toArray(String[]::new);
  }

  /** As one of {@link #keys} says. */
  static PresetKind of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
