package dev.resilience.concurrent.pipeline;

import java.util.concurrent.atomic.AtomicLong;

/** What passed through a stage in one run. */
final class StageCounts {

  final AtomicLong in = new AtomicLong();
  final AtomicLong out = new AtomicLong();
  final AtomicLong failed = new AtomicLong();
}
