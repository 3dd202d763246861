package dev.resilience.okhttp;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.Propagation;
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

  private final Propagation propagation;
  private final CallTimes times;

  private ContextInterceptor(Propagation propagation, CallTimes times) {
    this.propagation = propagation;
    this.times = times;
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
    return new ContextInterceptor(
        requireNonNull(propagation, "propagation"), requireNonNull(times, "times"));
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    Context ctx = request.tag(Context.class);
    if (ctx == null) {
      return chain.proceed(request);
    }
    Request.Builder headers = request.newBuilder();
    try {
      propagation.inject(ctx, headers, Request.Builder::header, 1, times);
    } catch (ContextException | NoTimeLeftException notSent) {
      throw new IOException(notSent.getMessage(), notSent); // all that OkHttp bears from here
    }
    var reading = ctx.withCancel();
    reading.onAbort(chain.call()::cancel);
    Response response;
    try {
      response = chain.proceed(headers.build());
    } catch (Throwable failure) {
      reading.close();
      if (ctx.isDone() && !(failure instanceof Error)) {
        ContextException end = ctx.toException();
        end.addSuppressed(failure);
        throw new IOException(end.getMessage(), end);
      }
      throw failure;
    }
    return response.newBuilder().body(new BoundBody(response.body(), reading::close)).build();
  }
}
