package dev.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The rules of Reactive Streams, when a body is broken off from outside. */
@Timeout(60)
class AbortableBodyTest {

  private final IOException why = new IOException("broken off");
  private final Reader reader = new Reader();
  private final AbortableBody<String> body = new AbortableBody<>(reader, 100);
  private final Connection connection = new Connection();
  private final AtomicInteger overs = new AtomicInteger();

  private static List<ByteBuffer> bytes(int count) {
    return List.of(ByteBuffer.allocate(count));
  }

  private static final class Connection implements Subscription {

    final AtomicBoolean isCancelled = new AtomicBoolean();
    Runnable onRequest = () -> {};

    @Override
    public void request(long n) {
      onRequest.run();
    }

    @Override
    public void cancel() {
      isCancelled.set(true);
    }
  }

  /** Notes what it is told, and by how many threads at once. */
  private static final class Reader implements BodySubscriber<String> {

    final List<String> told = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger tellers = new AtomicInteger();
    final AtomicBoolean isCrowded = new AtomicBoolean();
    final CompletableFuture<String> result = new CompletableFuture<>();
    Subscription subscription;

    private void tell(String news) {
      if (tellers.incrementAndGet() > 1) {
        isCrowded.set(true);
      }
      told.add(news);
      Thread.onSpinWait();
      tellers.decrementAndGet();
    }

    @Override
    public void onSubscribe(Subscription newSubscription) {
      subscription = newSubscription;
      told.add("subscribed");
      newSubscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      tell("next");
    }

    @Override
    public void onError(Throwable failure) {
      tell("failed");
      result.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      tell("complete");
      result.complete("all");
    }

    @Override
    public CompletionStage<String> getBody() {
      return result;
    }
  }

  @Test
  void that_goes_well_is_passed_through() {
    body.whenOver(overs::incrementAndGet);
    body.onSubscribe(connection);
    body.onNext(bytes(1));
    body.onComplete();
    assertThat(reader.told).containsExactly("subscribed", "next", "complete");
    assertThat(body.abort(why)).isFalse();
    assertThat(connection.isCancelled).isFalse();
    assertThat(overs).hasValue(1);
  }

  @Test
  void that_is_broken_off_fails_its_reader_and_leaves_its_connection() {
    body.onSubscribe(connection);
    assertThat(body.abort(why)).isTrue();
    assertThat(body.abort(why)).as("once").isFalse();
    body.onNext(bytes(1));
    body.onComplete();
    assertThat(reader.told).containsExactly("subscribed", "failed");
    assertThat(connection.isCancelled).isTrue();
    assertThat(reader.result).isCompletedExceptionally();
    body.whenOver(overs::incrementAndGet);
    assertThat(overs).as("at once").hasValue(1);
  }

  @Test
  void that_is_broken_off_before_it_begins_takes_no_connection() {
    body.abort(why);
    body.onSubscribe(connection);
    assertThat(connection.isCancelled).isTrue();
    assertThat(reader.result).isCompletedExceptionally();
  }

  @Test
  void that_is_delivered_while_it_is_asked_for_arrives() {
    connection.onRequest = () -> body.onNext(bytes(1));
    body.onSubscribe(connection);
    body.onComplete();
    assertThat(reader.told).containsExactly("subscribed", "next", "complete");
  }

  @Test
  void that_its_reader_leaves_is_over() {
    body.whenOver(overs::incrementAndGet);
    body.onSubscribe(connection);
    reader.subscription.cancel();
    assertThat(connection.isCancelled).isTrue();
    assertThat(body.isOver()).isTrue();
    assertThat(overs).hasValue(1);
  }

  @Test
  void that_is_too_long_is_broken_off() {
    body.onSubscribe(connection);
    body.onNext(bytes(100));
    body.onNext(bytes(1));
    assertThat(reader.told).containsExactly("subscribed", "next", "failed");
    assertThat(connection.isCancelled).isTrue();
  }

  /** Rule 1.3: one thread at a time tells the reader; rule 1.7: nothing after the end. */
  @Test
  void that_is_broken_off_while_it_is_read_ends_once_and_last() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int i = 0; i < 2_000; i++) {
        Reader mine = new Reader();
        AbortableBody<String> raced = new AbortableBody<>(mine, Long.MAX_VALUE);
        raced.onSubscribe(new Connection());
        CyclicBarrier start = new CyclicBarrier(2);
        Future<?> network =
            threads.submit(
                () -> {
                  start.await();
                  for (int n = 0; n < 20; n++) {
                    raced.onNext(bytes(1));
                  }
                  raced.onComplete();
                  return null;
                });
        Future<?> context =
            threads.submit(
                () -> {
                  start.await();
                  raced.abort(why);
                  return null;
                });
        network.get(20, TimeUnit.SECONDS);
        context.get(20, TimeUnit.SECONDS);
        assertThat(mine.isCrowded).as("round %s", i).isFalse();
        assertThat(mine.result).isDone();
        assertThat(mine.told.stream().filter(t -> t.equals("failed") || t.equals("complete")))
            .hasSize(1);
        assertThat(mine.told.get(mine.told.size() - 1)).isIn("failed", "complete");
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
