package dev.resilience.http.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's table of TCP connections, as Linux shows it to each process of a network namespace
 * (proc_pid_net(5)): {@code sl local_address rem_address st ...}, addresses in hexadecimal digits,
 * each word of 32 bits in the machine's order.
 */
final class SocketTable {

  /** The other end has sent its FIN. */
  private static final String CLOSE_WAIT = "08";

  /** Reset, and not yet forgotten. */
  private static final String CLOSE = "07";

  private static final String MAPPED = "0000000000000000FFFF0000";
  private static final boolean IS_LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  private static final String MAPPED_WORDS = IS_LITTLE ? MAPPED : "00000000000000000000FFFF";

  private final List<Path> files;

  SocketTable(List<Path> files) {
    this.files = files;
  }

  /** The table of this machine; null where there is none. */
  static @Nullable SocketTable ofSystem() {
    List<Path> readable = new ArrayList<>();
    for (String name : List.of("tcp", "tcp6")) {
      Path file = Path.of("/proc/self/net", name);
      if (Files.isReadable(file)) {
        readable.add(file);
      }
    }
    return readable.isEmpty() ? null : new SocketTable(readable);
  }

  /** Receives each connection. */
  interface Visitor {

    /**
     * A connection.
     *
     * @param key as of {@link #key}
     * @param hasLeft whether the other end has closed or reset it
     */
    void visit(String key, boolean hasLeft);
  }

  /**
   * Reads the table.
   *
   * @return whether all of it could be read
   */
  boolean read(Visitor visitor) {
    try {
      for (Path file : files) {
        try (InputStream in = Files.newInputStream(file)) {
          visit(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1), visitor);
        }
      }
      return true;
    } catch (IOException unreadable) {
      return false;
    }
  }

  static void visit(String table, Visitor visitor) {
    int at = table.indexOf('\n') + 1; // after the head
    while (at < table.length()) {
      int end = table.indexOf('\n', at);
      end = end < 0 ? table.length() : end;
      line(table, at, end, visitor);
      at = end + 1;
    }
  }

  private static void line(String table, int from, int end, Visitor visitor) {
    int local = table.indexOf(": ", from) + 2;
    if (local < 2 || local >= end) {
      return;
    }
    int remote = table.indexOf(' ', local) + 1;
    int state = table.indexOf(' ', remote) + 1;
    if (remote == 0 || state == 0 || state + 2 > end) {
      return;
    }
    boolean hasLeft = table.startsWith(CLOSE_WAIT, state) || table.startsWith(CLOSE, state);
    String key =
        bare(table.substring(local, remote - 1)) + " " + bare(table.substring(remote, state - 1));
    visitor.visit(key, hasLeft);
  }

  /** An address of version 4 reads the same in both tables. */
  private static String bare(String address) {
    return address.startsWith(MAPPED_WORDS) ? address.substring(MAPPED_WORDS.length()) : address;
  }

  /** How the table names a connection; null where an end is not known. */
  static @Nullable String key(
      @Nullable InetSocketAddress local, @Nullable InetSocketAddress remote) {
    if (local == null || remote == null || local.isUnresolved() || remote.isUnresolved()) {
      return null;
    }
    return hex(local) + " " + hex(remote);
  }

  private static String hex(InetSocketAddress end) {
    InetAddress address = end.getAddress();
    byte[] bytes = address.getAddress();
    StringBuilder hex = new StringBuilder(40);
    if (!(address instanceof Inet4Address) && isMapped(bytes)) {
      bytes = java.util.Arrays.copyOfRange(bytes, 12, 16);
    }
    for (int word = 0; word < bytes.length; word += 4) {
      for (int i = 0; i < 4; i++) {
        int value = bytes[word + (IS_LITTLE ? 3 - i : i)] & 0xff;
        hex.append(Character.forDigit(value >> 4, 16)).append(Character.forDigit(value & 15, 16));
      }
    }
    String digits = hex.toString().toUpperCase(java.util.Locale.ROOT);
    return digits + ":" + String.format("%04X", end.getPort());
  }

  private static boolean isMapped(byte[] bytes) {
    for (int i = 0; i < 10; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[10] == -1 && bytes[11] == -1;
  }
}
