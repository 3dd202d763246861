package dev.resilience.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Methods whose messages are texts, so that no compiler of protocols is needed. */
final class Strings {

  static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY, false);
  static final MethodDescriptor<String, String> IDEMPOTENT =
      method("Idempotent", MethodType.UNARY, true);
  static final MethodDescriptor<String, String> SERVER_STREAM =
      method("ServerStream", MethodType.SERVER_STREAMING, false);
  static final MethodDescriptor<String, String> CLIENT_STREAM =
      method("ClientStream", MethodType.CLIENT_STREAMING, false);
  static final MethodDescriptor<String, String> BIDI =
      method("Bidi", MethodType.BIDI_STREAMING, false);

  private Strings() {}

  static MethodDescriptor<String, String> method(
      String name, MethodType type, boolean isIdempotent) {
    return MethodDescriptor.<String, String>newBuilder(new Text(), new Text())
        .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Strings", name))
        .setType(type)
        .setIdempotent(isIdempotent)
        .build();
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {

    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
