package dev.resilience.redis;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 without replacements: half a pair of surrogates would become a question mark. */
final class WellFormed {

  private WellFormed() {}

  static byte[] utf8(String text, String argument) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] encoded = new byte[bytes.remaining()];
      bytes.get(encoded);
      return encoded;
    } catch (CharacterCodingException half) {
      throw new IllegalArgumentException(
          argument + ": a string with half a surrogate pair (expected: well-formed text)", half);
    }
  }
}
