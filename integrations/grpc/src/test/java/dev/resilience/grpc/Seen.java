package dev.resilience.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** What an observer has seen. */
final class Seen implements StreamObserver<String> {

  final List<String> messages = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private volatile StatusRuntimeException failure =
      Status.OK.withDescription("not failed").asRuntimeException();

  @Override
  public void onNext(String message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable thrown) {
    failure = (StatusRuntimeException) thrown;
    assertOnce(end.complete(Status.fromThrowable(thrown)));
  }

  @Override
  public void onCompleted() {
    assertOnce(end.complete(Status.OK));
  }

  private static void assertOnce(boolean isFirst) {
    if (!isFirst) {
      throw new AssertionError("ended twice");
    }
  }

  Status status() throws Exception {
    return end.get(20, TimeUnit.SECONDS);
  }

  StatusRuntimeException failure() throws Exception {
    status();
    return failure;
  }

  boolean isOver() {
    return end.isDone();
  }
}
