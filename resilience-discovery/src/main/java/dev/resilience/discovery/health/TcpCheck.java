package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.ServiceInstance;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Connects, and closes the connection. No thread waits, but for the look-up of a name. */
final class TcpCheck implements HealthCheck {

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    CompletableFuture<@Nullable Void> result = new CompletableFuture<>();
    ctx.timeSource()
        .executor()
        .execute(
            () -> {
              try {
                connect(ctx, new InetSocketAddress(instance.host(), instance.port()), result);
              } catch (IOException | RuntimeException wrong) {
                result.completeExceptionally(wrong);
              }
            });
    return result;
  }

  private static void connect(
      Context ctx, InetSocketAddress address, CompletableFuture<@Nullable Void> result)
      throws IOException {
    AsynchronousSocketChannel channel = AsynchronousSocketChannel.open();
    Registration end = ctx.onDone(channel::close);
    CompletionStage<@Nullable Void> over = result;
    over.whenComplete(
        (nothing, wrong) -> {
          end.withdraw();
          close(channel);
        });
    channel.connect(address, result, new Outcome());
  }

  private static void close(AsynchronousSocketChannel channel) {
    try {
      channel.close();
    } catch (IOException unimportant) {
      // What there was to find out has been found out.
    }
  }

  private static final class Outcome
      implements CompletionHandler<@Nullable Void, CompletableFuture<@Nullable Void>> {

    @Override
    public void completed(@Nullable Void nothing, CompletableFuture<@Nullable Void> result) {
      result.complete(null);
    }

    @Override
    public void failed(Throwable wrong, CompletableFuture<@Nullable Void> result) {
      result.completeExceptionally(wrong);
    }
  }
}
