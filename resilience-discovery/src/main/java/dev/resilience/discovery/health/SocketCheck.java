package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.ServiceInstance;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Connects to an instance, and closes the connection in the end. No thread waits, but for the
 * look-up of a name: while a name service hangs, the check is under way.
 */
abstract class SocketCheck implements HealthCheck {

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    ThreadHeld result = new ThreadHeld();
    ctx.timeSource()
        .executor()
        .execute(
            () -> {
              try {
                connect(ctx, instance, result);
              } catch (Throwable wrong) {
                result.completeExceptionally(wrong);
              }
            });
    return result;
  }

  /** Goes on with the connection. It is closed when the result is there. */
  abstract void connected(
      AsynchronousSocketChannel channel, ServiceInstance instance, ThreadHeld result);

  private void connect(Context ctx, ServiceInstance instance, ThreadHeld result)
      throws IOException {
    InetSocketAddress address = new InetSocketAddress(instance.host(), instance.port());
    AsynchronousSocketChannel channel = AsynchronousSocketChannel.open();
    Registration end = ctx.onDone(channel::close);
    CompletionStage<@Nullable Void> over = result;
    over.handle(
        (nothing, wrong) -> {
          end.withdraw();
          close(channel);
          return null;
        });
    channel.connect(
        address, null, Steps.of(result, nothing -> connected(channel, instance, result)));
  }

  private static void close(AsynchronousSocketChannel channel) {
    try {
      channel.close();
    } catch (IOException unimportant) {
      // What there was to find out has been found out.
    }
  }

  /** What to do when something has succeeded; a failure is that of the whole check. */
  static final class Steps<V> implements CompletionHandler<V, @Nullable Object> {

    /** The next step. */
    interface Step<V> {
      void take(V value) throws Exception;
    }

    private final ThreadHeld result;
    private final Step<V> next;

    private Steps(ThreadHeld result, Step<V> next) {
      this.result = result;
      this.next = next;
    }

    static <V> Steps<V> of(ThreadHeld result, Step<V> next) {
      return new Steps<>(result, next);
    }

    @Override
    public void completed(V value, @Nullable Object unused) {
      try {
        next.take(value);
      } catch (Throwable wrong) {
        result.completeExceptionally(wrong);
      }
    }

    @Override
    public void failed(Throwable wrong, @Nullable Object unused) {
      result.completeExceptionally(wrong);
    }
  }
}
