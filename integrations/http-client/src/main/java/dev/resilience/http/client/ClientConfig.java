package dev.resilience.http.client;

import dev.resilience.Resilience;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.ClientPropagation;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.Propagation;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What all calls of a client share. */
final class ClientConfig {

  static final HeaderReader<HttpHeaders> HEADERS =
      (headers, name) -> headers.firstValue(name).orElse(null);

  private static final Logger LOG = System.getLogger(ResilientHttpClient.class.getName());
  private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(1);

  final String name;
  final HttpClient http;
  final Resilience repeatable;
  final Resilience unrepeatable;
  final ClientPropagation wire;
  final @Nullable Duration timeout;
  final long maxBodySize;
  final int maxConcurrent;
  final HttpClientCounters counters = new HttpClientCounters();

  ClientConfig(ResilientHttpClient.Builder builder, Resilience repeatable, Resilience others) {
    this.name = builder.name;
    this.http =
        builder.http != null
            ? builder.http
            : HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
    this.repeatable = repeatable;
    this.unrepeatable = others;
    this.wire = wire(builder);
    this.timeout = builder.timeout;
    this.maxBodySize = builder.maxBodySize;
    this.maxConcurrent = builder.maxConcurrent;
  }

  private static ClientPropagation wire(ResilientHttpClient.Builder builder) {
    Propagation propagation =
        builder.propagation != null ? builder.propagation : Propagation.of("client");
    ClientPropagation wire = ClientPropagation.of(propagation, builder.times);
    wire = builder.loads != null ? wire.onLoad(builder.loads) : wire;
    return builder.cancelMessages ? wire.withCancelMessages() : wire;
  }

  /** Tells the server that its client has left; nobody waits for an answer. */
  void sendCancel(URI uri, String id) {
    try {
      HttpRequest message =
          HttpRequest.newBuilder(uri.resolve(CancelMessage.PATH))
              .header(HeaderNames.CANCEL_ID, id)
              .timeout(CANCEL_TIMEOUT)
              .POST(BodyPublishers.noBody())
              .build();
      counters.cancelMessages.increment();
      Stages.watch(
          http.sendAsync(message, BodyHandlers.discarding()),
          (response, failure) ->
              SafeText.log(LOG, Level.TRACE, "a cancel message was sent", failure));
    } catch (Throwable notSent) {
      SafeText.log(
          LOG, Level.DEBUG, "client '" + name + "' could not send a cancel message", notSent);
    }
  }
}
