package dev.resilience.http.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A body that can be broken off from outside, which the JDK's client has no way for once the
 * headers are there: the connection's subscription is cancelled, and the reader gets a failure.
 *
 * <p>The reader must be told by one thread at a time (Reactive Streams, rule 1.3): who comes while
 * another tells it something leaves its news there.
 */
final class AbortableBody<T extends @Nullable Object> implements BodySubscriber<T> {

  private static final Subscription NONE =
      new Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
      };

  private final BodySubscriber<T> reader;
  private final long most;

  private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
  private final AtomicReference<@Nullable Throwable> aborted = new AtomicReference<>();
  private final AtomicInteger telling = new AtomicInteger();
  private final AtomicReference<@Nullable Runnable> atEnd = new AtomicReference<>();
  private volatile @Nullable Thread teller;
  private volatile boolean isOver;
  private long received;

  /** In the place of what is to be run at the end: that has been. */
  private static final Runnable ENDED = AbortableBody::nothing;

  private static void nothing() {}

  AbortableBody(BodySubscriber<T> reader, long most) {
    this.reader = reader;
    this.most = most;
  }

  /** Whether nothing will come any more. */
  boolean isOver() {
    return isOver;
  }

  /** Runs something once when the body is over, at once if it is. */
  void whenOver(Runnable action) {
    if (!atEnd.compareAndSet(null, action)) {
      action.run();
    }
  }

  /** Breaks the body off; the first reason counts. Does nothing when it is over. */
  boolean abort(Throwable why) {
    if (isOver || !aborted.compareAndSet(null, why)) {
      return false;
    }
    Subscription mine = subscription.getAndSet(NONE);
    if (mine != null) {
      mine.cancel();
    }
    if (telling.getAndIncrement() == 0) {
      failed(why);
    }
    return true;
  }

  @Override
  public void onSubscribe(Subscription newSubscription) {
    if (!subscription.compareAndSet(null, newSubscription)) {
      newSubscription.cancel(); // aborted before
      if (telling.getAndIncrement() == 0) {
        reader.onSubscribe(NONE);
      }
      return;
    }
    tell(() -> reader.onSubscribe(new Requests(newSubscription)));
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    if (most < Long.MAX_VALUE) {
      for (ByteBuffer buffer : buffers) {
        received += buffer.remaining();
      }
      if (received > most) {
        abort(new BodyTooLargeException(most));
        return;
      }
    }
    tell(() -> reader.onNext(buffers));
  }

  @Override
  public void onError(Throwable failure) {
    tell(() -> failed(failure));
  }

  @Override
  public void onComplete() {
    tell(
        () -> {
          isOver = true;
          try {
            reader.onComplete();
          } finally {
            end();
          }
        });
  }

  @Override
  public CompletionStage<T> getBody() {
    return reader.getBody();
  }

  /** Tells the reader something, unless the body was broken off, and that afterwards if it was. */
  private void tell(Runnable news) {
    if (teller == Thread.currentThread()) {
      if (aborted.get() == null) {
        news.run(); // the reader asked for more, and gets it in the same breath
      }
      return;
    }
    if (telling.getAndIncrement() != 0) {
      return;
    }
    teller = Thread.currentThread();
    try {
      news.run();
    } finally {
      teller = null;
      if (telling.decrementAndGet() != 0) {
        Throwable why = aborted.get();
        if (why != null) {
          failed(why);
        }
      }
    }
  }

  private void failed(Throwable why) {
    if (!isOver) {
      isOver = true;
      try {
        reader.onError(why);
      } finally {
        end();
      }
    }
  }

  private void end() {
    Runnable action = atEnd.getAndSet(ENDED);
    if (action != null) {
      action.run();
    }
  }

  /** The reader's own cancel ends the body as well: a stream that is closed early. */
  private final class Requests implements Subscription {

    private final Subscription connection;

    Requests(Subscription connection) {
      this.connection = connection;
    }

    @Override
    public void request(long n) {
      connection.request(n);
    }

    @Override
    public void cancel() {
      isOver = true;
      try {
        connection.cancel();
      } finally {
        end();
      }
    }
  }
}
