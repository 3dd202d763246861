package dev.resilience.page;

import java.lang.management.ManagementFactory;
import java.time.Instant;

/** Which program it is. */
record ProcessInfo(String name, long pid, Instant started, String java) {

  static ProcessInfo of(String name) {
    return new ProcessInfo(
        name,
        ProcessHandle.current().pid(),
        Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
        System.getProperty("java.version", "?"));
  }
}
