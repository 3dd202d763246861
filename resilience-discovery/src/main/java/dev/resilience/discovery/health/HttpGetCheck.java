package dev.resilience.discovery.health;

import dev.resilience.discovery.registry.ServiceInstance;
import java.io.EOFException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends a GET over plain HTTP, and reads the first line of the response. It goes by a connection of
 * its own, since a URI has no place for a host with an underscore, as Docker and Swarm make them.
 */
final class HttpGetCheck extends SocketCheck {

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})(?:[^0-9].*)?");
  private static final int LONGEST_LINE = 512;

  private final String path;

  HttpGetCheck(String path) {
    if (!Objects.requireNonNull(path, "path").startsWith("/")) {
      throw new IllegalArgumentException("path: " + path + " (expected: with a slash in front)");
    }
    // Refused now if it is no path; in ASCII, as it is sent.
    this.path = URI.create("http://localhost" + path).toASCIIString().substring(16);
  }

  @Override
  void connected(AsynchronousSocketChannel channel, ServiceInstance instance, ThreadHeld result) {
    String request =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: "
            + hostOf(instance)
            + "\r\nUser-Agent: resilience\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    write(channel, ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)), result);
  }

  /** The interface of a link-local address is of no use to others. */
  private static String hostOf(ServiceInstance instance) {
    return instance.id().replaceFirst("%[^\\]]*", "");
  }

  private static void write(
      AsynchronousSocketChannel channel, ByteBuffer request, ThreadHeld result) {
    channel.write(
        request,
        null,
        Steps.of(
            result,
            count -> {
              if (request.hasRemaining()) {
                write(channel, request, result);
              } else {
                read(channel, ByteBuffer.allocate(LONGEST_LINE), result);
              }
            }));
  }

  private static void read(
      AsynchronousSocketChannel channel, ByteBuffer response, ThreadHeld result) {
    channel.read(
        response,
        null,
        Steps.of(
            result,
            count -> {
              String line =
                  StandardCharsets.ISO_8859_1.decode(response.duplicate().flip()).toString();
              int end = line.indexOf('\n');
              if (end >= 0) {
                judge(line.substring(0, end).strip(), result);
              } else if (count < 0) {
                throw new EOFException("it closed the connection without an answer");
              } else if (!response.hasRemaining()) {
                throw new UnhealthyException("it does not answer with HTTP");
              } else {
                read(channel, response, result);
              }
            }));
  }

  private static void judge(String line, ThreadHeld result) {
    Matcher status = STATUS.matcher(line);
    if (!status.matches()) {
      throw new UnhealthyException("it does not answer with HTTP");
    }
    int code = Integer.parseInt(status.group(1));
    if (code < 200 || code > 299) {
      throw new UnhealthyException("it answers with status " + code);
    }
    result.complete(null);
  }
}
