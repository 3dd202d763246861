package dev.resilience.context;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A token, password or session id: a text that proves something to whoever has it, and that is had
 * only by asking for it.
 *
 * <pre>{@code
 * Context ctx = RequestInfo.builder().credential(Credential.of(token)).build().in(parent);
 * request.header("Authorization", "Bearer " + ctx.require(RequestInfo.CREDENTIAL).reveal());
 * }</pre>
 *
 * <p>{@link #toString} says nothing of it, so it can stand in a log statement, a message or a dump
 * by mistake. It is not serializable. Comparing takes the same time wherever two of the same length
 * differ. Immutable.
 */
public final class Credential {

  private final String secret;

  private Credential(String secret) {
    this.secret = secret;
  }

  /**
   * A credential.
   *
   * @param secret not blank; not in the message where it is refused
   */
  public static Credential of(String secret) {
    if (Objects.requireNonNull(secret, "secret").isBlank()) {
      throw new IllegalArgumentException("secret: blank (expected: not blank)");
    }
    return new Credential(secret);
  }

  /** The text itself: for the header or the call that needs it, and for nothing else. */
  public String reveal() {
    return secret;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Credential credential
        && MessageDigest.isEqual(bytes(secret), bytes(credential.secret));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public int hashCode() {
    return secret.hashCode();
  }

  /** Always the same. */
  @Override
  public String toString() {
    return "***";
  }
}
