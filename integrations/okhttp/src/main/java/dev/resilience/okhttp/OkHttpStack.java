package dev.resilience.okhttp;

import dev.resilience.Preset;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.HttpOutcome;
import java.util.List;
import okhttp3.Headers;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The preset for HTTP, for the responses of OkHttp. */
final class OkHttpStack {

  /** Reads OkHttp's headers, which are few: each look-up goes through them. */
  static final HeaderReader<Headers> HEADERS = new OkHttpHeaders();

  private static final Classifier CLASSIFIER =
      Classifier.ofDefaults()
          .onFailureIf(NeverSent::isRefused, Verdict.REJECTED)
          .onResult(
              Response.class,
              response -> HttpOutcome.verdict(response.code(), response.headers(), HEADERS));

  private OkHttpStack() {}

  static Preset preset(String name) {
    return Preset.rpc(name)
        .classifier(CLASSIFIER)
        .doubtfulIf(OkHttpStack::isDoubtful)
        .retry(
            retry ->
                retry.retryAfter(
                    Response.class,
                    response -> HttpOutcome.retryAfter(response.headers(), HEADERS)));
  }

  /** Whether it is a refusal that does not say that nothing was done. */
  private static boolean isDoubtful(Object refusal) {
    return refusal instanceof Response response
        && !HttpOutcome.isRefusedBeforeWork(response.code(), response.headers(), HEADERS);
  }

  private static final class OkHttpHeaders implements HeaderReader<Headers> {

    @Override
    public @Nullable String first(Headers headers, String name) {
      // OkHttp's own get returns the last one.
      for (int i = 0; i < headers.size(); i++) {
        if (headers.name(i).equalsIgnoreCase(name)) {
          return headers.value(i);
        }
      }
      return null;
    }

    @Override
    public List<String> all(Headers headers, String name) {
      return headers.values(name);
    }
  }
}
