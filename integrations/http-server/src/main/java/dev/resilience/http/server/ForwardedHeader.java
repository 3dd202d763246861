package dev.resilience.http.server;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An element of {@code Forwarded} (RFC 7239, section 4), which is what one proxy has written:
 * {@code for="[2001:db8::17]:4711";proto=https}. Commas and semicolons in quotes belong to a value.
 */
final class ForwardedHeader {

  /** In the place of a node that is not told, or not as the RFC says. */
  static final String NONE = "";

  private final String line;
  private int at;

  private ForwardedHeader(String element) {
    this.line = element;
  }

  /**
   * The nodes of a line, the nearest first. It is split from its end: a quote that somebody further
   * ahead has left open takes nothing away from what the proxies after him have written.
   *
   * @param most nodes
   * @return {@link #NONE} for an element without one
   */
  static List<String> nodesFromTheEnd(String line, int most) {
    List<String> nodes = new ArrayList<>();
    boolean isQuoted = false;
    int end = line.length();
    for (int i = end - 1; i >= -1 && nodes.size() < most; i--) {
      if (i < 0 || (line.charAt(i) == ',' && !isQuoted)) {
        nodes.add(new ForwardedHeader(line.substring(i + 1, end)).node());
        end = i;
      } else if (line.charAt(i) == '"' && !isEscaped(line, i)) {
        isQuoted = !isQuoted;
      }
    }
    return nodes;
  }

  private static boolean isEscaped(String line, int quote) {
    int first = quote;
    while (first > 0 && line.charAt(first - 1) == '\\') {
      first--;
    }
    return (quote - first) % 2 == 1;
  }

  private String node() {
    String node = NONE;
    do {
      String name = token();
      if (name.isEmpty()) {
        continue; // between two semicolons
      }
      String value = skip('=') ? value() : null;
      if (value == null || (name.equalsIgnoreCase("for") && !node.equals(NONE))) {
        return NONE; // each parameter once
      }
      node = name.equalsIgnoreCase("for") ? value : node;
    } while (skip(';'));
    return at == line.length() ? node : NONE;
  }

  private boolean skip(char separator) {
    blanks();
    boolean isThere = at < line.length() && line.charAt(at) == separator;
    at += isThere ? 1 : 0;
    return isThere;
  }

  private void blanks() {
    while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
      at++;
    }
  }

  /** Up to a separator; more lenient than the RFC, as many leave the quotes out. */
  private String token() {
    blanks();
    int from = at;
    while (at < line.length() && "=;,\" \t".indexOf(line.charAt(at)) < 0) {
      at++;
    }
    return line.substring(from, at);
  }

  /** A token or a quoted string; null: the quote has no end. */
  private @Nullable String value() {
    blanks();
    if (at == line.length() || line.charAt(at) != '"') {
      return token();
    }
    StringBuilder text = new StringBuilder();
    for (at++; at < line.length(); at++) {
      char c = line.charAt(at);
      if (c == '"') {
        at++;
        return text.toString();
      }
      if (c == '\\' && at + 1 < line.length()) {
        at++;
        c = line.charAt(at);
      }
      text.append(c);
    }
    return null;
  }
}
