package dev.resilience.okhttp;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.ClientPropagation;
import dev.resilience.propagation.Propagation;
import dev.resilience.text.SafeText;
import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * For libraries that make OkHttp's calls themselves, such as Retrofit: takes the context of a call
 * from its request, cancels the call when the context ends, and writes the context's headers.
 *
 * <pre>{@code
 * OkHttpClient client = new OkHttpClient.Builder().addInterceptor(ContextInterceptor.of(wire)).build();
 *
 * Request request = new Request.Builder().url(url).tag(Context.class, ctx).build();
 * }</pre>
 *
 * <p>What ends the call is the cause of the {@link IOException} that it fails with. A request
 * without a context passes untouched. Retries, hedges and limits go around the call of the library:
 * {@code stack.call(ctx, c -> api.quote(c).execute())}. Stateless but for what it learns of times;
 * thread-safe.
 */
public final class ContextInterceptor implements Interceptor {

  private final ClientPropagation wire;

  private ContextInterceptor(ClientPropagation wire) {
    this.wire = wire;
  }

  /** An interceptor that measures the times of calls itself: for a client of one service. */
  public static ContextInterceptor of(Propagation propagation) {
    return of(propagation, CallTimes.ofDefaults());
  }

  /**
   * An interceptor.
   *
   * @param propagation writes the headers
   * @param times what is known of the times of calls to the service
   */
  public static ContextInterceptor of(Propagation propagation, CallTimes times) {
    return of(ClientPropagation.of(propagation, times));
  }

  /**
   * An interceptor.
   *
   * @param wire writes the headers, measures times, and tells loads; best one for each service. An
   *     interceptor sends no cancel messages
   */
  public static ContextInterceptor of(ClientPropagation wire) {
    return new ContextInterceptor(requireNonNull(wire, "wire"));
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    Context ctx = request.tag(Context.class);
    if (ctx == null) {
      return chain.proceed(request);
    }
    Request.Builder headers = request.newBuilder();
    ClientPropagation.Attempt attempt;
    try {
      attempt = wire.begin(ctx, 1, headers, Request.Builder::header);
    } catch (ContextException | NoTimeLeftException notSent) {
      throw new IOException(
          SafeText.messageOf(notSent), notSent); // all that OkHttp bears from here
    }
    @SuppressWarnings("MustBeClosed") // closed with the body
    var reading = ctx.withCancel();
    reading.onAbort(
        () -> {
          attempt.cutOff();
          chain.call().cancel();
        });
    Response response;
    try {
      response = chain.proceed(headers.build());
    } catch (Throwable failure) {
      attempt.failed();
      reading.close();
      if (ctx.isDone() && !(failure instanceof Error)) {
        ContextException end = ctx.toException();
        end.addSuppressed(failure);
        throw new IOException(end.getMessage(), end);
      }
      throw failure;
    }
    attempt.answered(response.code(), response.headers(), OkHttpStack.HEADERS, request.url()::uri);
    return response.newBuilder().body(new BoundBody(response.body(), reading::close)).build();
  }
}
