package dev.resilience.redis;

import dev.resilience.text.SafeText;
import java.nio.charset.StandardCharsets;

/**
 * The names of a cache's keys in Redis. All of them begin with the cache's name in braces: what is
 * in braces decides on the slot of a cluster, so one script may use all of them; and since the name
 * has no braces itself, no name of one cache is a name of another.
 *
 * <p>A <em>far key</em> is what follows, a byte for each character.
 */
final class RedisNames {

  private final String tag;
  private final String keys;

  RedisNames(String cache) {
    this.tag = "{" + cache + "}";
    this.keys = tag + ":";
  }

  static void check(String cache) {
    if (cache.isBlank() || cache.indexOf('{') >= 0 || cache.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "name: '" + SafeText.of(cache) + "' (expected: not blank, and without braces)");
    }
  }

  /** What to be told of. */
  String prefix() {
    return tag;
  }

  static String farKey(byte[] encoded) {
    return new String(encoded, StandardCharsets.ISO_8859_1);
  }

  byte[] key(String farKey) {
    byte[] head = keys.getBytes(StandardCharsets.UTF_8);
    byte[] tail = farKey.getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = new byte[head.length + tail.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }

  /** Whether this is a key of the cache's user. */
  boolean isKey(byte[] name) {
    byte[] head = keys.getBytes(StandardCharsets.UTF_8);
    return name.length >= head.length
        && java.util.Arrays.equals(name, 0, head.length, head, 0, head.length);
  }

  String farKeyIn(byte[] name) {
    int head = keys.getBytes(StandardCharsets.UTF_8).length;
    return new String(name, head, name.length - head, StandardCharsets.ISO_8859_1);
  }

  /** Names the generation: values of another one do not count. */
  byte[] generation() {
    return utf8(tag + "#generation");
  }

  boolean isGeneration(byte[] name) {
    return java.util.Arrays.equals(name, generation());
  }

  /** Written and removed to find out what is allowed. */
  byte[] probe() {
    return utf8(tag + "#probe");
  }

  /**
   * The key that, once it exists, keeps changes sent over a line from being made.
   *
   * @param line a random number
   */
  byte[] fence(long line) {
    return utf8(tag + "#left:" + Long.toHexString(line));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
