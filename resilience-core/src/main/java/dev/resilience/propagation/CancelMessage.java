package dev.resilience.propagation;

import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * How a client says that it has left, where a server cannot hear it: many containers do not watch a
 * connection while a request runs, and a proxy in between may keep its own open.
 *
 * <p>A client that wants this sends {@link HeaderNames#CANCEL_ID} with a request, and, when it
 * leaves, a {@code POST} to {@link #PATH} on the same authority with the same header and no body. A
 * server that understands ends the context of that request and answers 202, or 404 where it knows
 * no such request (any more); one that does not answers 404 or 405, which the client ignores.
 *
 * <p>Whoever knows the id can cancel: it is 128 bits of a strong generator, never logged, and good
 * for one request.
 */
public final class CancelMessage {

  /** Where the message goes. */
  public static final String PATH = "/.well-known/resilience/cancel";

  private static final int BYTES = 16;

  /** Made on first use: seeding may block. */
  private static final class Ids {
    static final SecureRandom RANDOM = new SecureRandom();
  }

  private CancelMessage() {}

  /** A new id: 32 hexadecimal digits. */
  public static String newId() {
    byte[] id = new byte[BYTES];
    Ids.RANDOM.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** The id in a header value, or null where that is none. */
  public static @Nullable String read(@Nullable String value) {
    if (value == null || value.length() != 2 * BYTES) {
      return null;
    }
    for (int i = 0; i < value.length(); i++) {
      if (Ascii.lowerHex(value.charAt(i)) < 0) {
        return null;
      }
    }
    return value;
  }
}
