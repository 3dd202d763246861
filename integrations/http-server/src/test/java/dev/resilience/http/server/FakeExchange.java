package dev.resilience.http.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An exchange without a container. */
class FakeExchange extends ServerExchange {

  final Map<String, List<String>> requestHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  final Map<String, String> responseHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  /** Each whole response that was sent. */
  final List<Integer> responses = new ArrayList<>();

  final StringBuilder body = new StringBuilder();
  String method = "GET";
  String target = "/";
  String protocol = "HTTP/1.1";
  @Nullable InetSocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);
  boolean committed;
  boolean complete;
  boolean aborted;
  boolean async;
  volatile boolean reset;
  int released;
  @Nullable ExchangeEnd end;

  static FakeExchange get(String target) {
    FakeExchange exchange = new FakeExchange();
    exchange.target = target;
    exchange.onEnd(end -> exchange.end = end);
    return exchange;
  }

  FakeExchange with(String header, String... values) {
    requestHeaders.put(header, List.of(values));
    return this;
  }

  /** What a handler writes by the container's own means. */
  void handlerWrites(String text) throws IOException {
    write(
        text.length(),
        () -> {
          committed = true;
          body.append(text);
        });
  }

  /** What a handler reads: so many bytes at once. */
  int handlerReads(BodyRead read) throws IOException {
    return read(read);
  }

  /** A write that the client lets wait. */
  void slowWrite(BodyRead wait) throws IOException {
    write(1, wait::run);
  }

  /** An asynchronous handler is done. */
  void completeAsync() throws IOException {
    owned(
        () -> {
          sent(200);
          complete = true;
        });
    finish(null);
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return target.split("\\?", 2)[0];
  }

  @Override
  public Optional<String> query() {
    return target.contains("?") ? Optional.of(target.split("\\?", 2)[1]) : Optional.empty();
  }

  @Override
  public String operation() {
    return method + " " + path();
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  public Optional<String> header(String name) {
    return headers(name).stream().findFirst();
  }

  @Override
  public List<String> headers(String name) {
    return requestHeaders.getOrDefault(name, List.of());
  }

  @Override
  public Iterable<String> headerNames() {
    return requestHeaders.keySet();
  }

  @Override
  public @Nullable InetSocketAddress remoteAddress() {
    return peer;
  }

  @Override
  public @Nullable InetSocketAddress localAddress() {
    return null;
  }

  @Override
  protected boolean isCommitted() {
    return committed;
  }

  @Override
  protected boolean isComplete() {
    return complete;
  }

  @Override
  protected boolean isAsync() {
    return async;
  }

  @Override
  protected boolean isReset() {
    return reset;
  }

  @Override
  protected void putHeader(String name, String value) {
    responseHeaders.put(name, value);
  }

  @Override
  protected void send(int status, Map<String, String> all, byte[] text) {
    responses.add(status);
    responseHeaders.clear();
    responseHeaders.putAll(new LinkedHashMap<>(all));
    body.setLength(0);
    body.append(new String(text, UTF_8));
    committed = true;
    complete = true;
  }

  @Override
  protected void abort() {
    aborted = true;
  }

  @Override
  protected void abortLater() {
    aborted = true;
  }

  @Override
  protected void complete() {}

  @Override
  protected void release() {
    released++;
  }
}
