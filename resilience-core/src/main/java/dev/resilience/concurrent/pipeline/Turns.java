package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Lets threads pass one after the other by number, from 0: the order of an ordered stage. */
final class Turns {

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Long, CompletableFuture<@Nullable Void>> waiting = new HashMap<>();
  private long next;

  /** Waits until all smaller numbers have passed. */
  void await(Context ctx, long number) throws InterruptedException {
    CompletableFuture<@Nullable Void> mine = null;
    lock.lock();
    try {
      if (number != next) {
        mine = new CompletableFuture<>();
        waiting.put(number, mine);
      }
    } finally {
      lock.unlock();
    }
    if (mine != null) {
      try {
        ctx.await(mine);
      } catch (ExecutionException impossible) {
        throw new AssertionError("nobody fails a turn", impossible);
      }
    }
  }

  /** The one whose turn it is has passed. */
  void passed() {
    CompletableFuture<@Nullable Void> following;
    lock.lock();
    try {
      following = waiting.remove(++next);
    } finally {
      lock.unlock();
    }
    if (following != null) {
      following.complete(null);
    }
  }
}
