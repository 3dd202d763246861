package dev.resilience.examples.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.resilience.context.Context;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.function.Supplier;

/**
 * The client of one dependency. Its method says what may be repeated: GET and PUT may, POST may
 * not.
 *
 * @param address of the service, asked for each call
 */
record Client(ResilientHttpClient http, Supplier<URI> address, DependencyStats stats) {

  String get(Context ctx, String argument) throws IOException {
    return fetch(ctx, "GET", argument);
  }

  String put(Context ctx, String argument) throws IOException {
    return fetch(ctx, "PUT", argument);
  }

  String post(Context ctx, String argument) throws IOException {
    return fetch(ctx, "POST", argument);
  }

  private String fetch(Context ctx, String method, String argument) throws IOException {
    HttpRequest request = request(address.get(), method, argument);
    return http.fetch(ctx, request, BodyHandlers.ofString());
  }

  static HttpRequest request(URI address, String method, String argument) {
    return HttpRequest.newBuilder(URI.create(address + "?q=" + URLEncoder.encode(argument, UTF_8)))
        .method(method, BodyPublishers.noBody())
        .build();
  }
}
