package dev.resilience.concurrent.pipeline;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Items from a publisher: requests as many as it has room for, and more as they are taken. */
final class FlowSource<A> implements Source<A>, Flow.Subscriber<A> {

  private final int room;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<A> items = new ArrayDeque<>();
  private Flow.@Nullable Subscription subscription;
  private @Nullable CompletableFuture<@Nullable Void> reader;
  private @Nullable Throwable failure;
  private boolean complete;
  private boolean closed;
  private int taken;

  FlowSource(int room) {
    this.room = room;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    requireNonNull(given, "subscription");
    boolean refused;
    lock.lock();
    try {
      refused = subscription != null || closed;
      if (subscription == null) {
        subscription = given;
      }
    } finally {
      lock.unlock();
    }
    if (refused) {
      given.cancel();
    } else {
      given.request(room);
    }
  }

  @Override
  public void onNext(A item) {
    requireNonNull(item, "item");
    change(() -> items.add(item));
  }

  @Override
  public void onError(Throwable thrown) {
    requireNonNull(thrown, "failure");
    change(() -> failure = thrown);
  }

  @Override
  public void onComplete() {
    change(() -> complete = true);
  }

  private void change(Runnable change) {
    CompletableFuture<@Nullable Void> waiting;
    lock.lock();
    try {
      if (!closed) {
        change.run();
      }
      waiting = reader;
      reader = null;
    } finally {
      lock.unlock();
    }
    if (waiting != null) {
      waiting.complete(null);
    }
  }

  @Override
  public @Nullable A next(Context ctx) throws Exception {
    while (true) {
      CompletableFuture<@Nullable Void> wait = null;
      Flow.Subscription more = null;
      A item;
      lock.lock();
      try {
        item = items.poll();
        if (item != null) {
          // By halves: not a request for each item, and never a pause for want of one.
          if (++taken >= Math.max(1, room / 2)) {
            more = subscription;
          }
        } else if (failure != null) {
          throw Failures.<Exception>asThrown(failure);
        } else if (!complete) {
          wait = new CompletableFuture<>();
          reader = wait;
        }
      } finally {
        lock.unlock();
      }
      if (more != null) {
        int again = taken;
        taken = 0;
        more.request(again);
      }
      if (wait == null) {
        return item;
      }
      try {
        ctx.await(wait);
      } catch (ExecutionException impossible) {
        throw new AssertionError("nobody fails a wait", impossible);
      }
    }
  }

  @Override
  public void close() {
    Flow.Subscription open;
    lock.lock();
    try {
      closed = true;
      items.clear();
      open = complete || failure != null ? null : subscription;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.cancel();
    }
  }
}
