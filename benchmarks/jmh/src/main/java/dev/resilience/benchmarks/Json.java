package dev.resilience.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what JMH writes: maps, lists, strings and numbers; all other words as strings. */
final class Json {

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static Object read(String text) {
    return new Json(text).value();
  }

  private Object value() {
    skipBlanks();
    return switch (text.charAt(at)) {
      case '{' -> map();
      case '[' -> list();
      case '"' -> string();
      default -> word();
    };
  }

  private Map<String, Object> map() {
    Map<String, Object> map = new LinkedHashMap<>();
    at++;
    while (!ends('}')) {
      String key = string();
      expect(':');
      map.put(key, value());
    }
    return map;
  }

  private List<Object> list() {
    List<Object> list = new ArrayList<>();
    at++;
    while (!ends(']')) {
      list.add(value());
    }
    return list;
  }

  /** Also steps over the comma before the next element. */
  private boolean ends(char end) {
    skipBlanks();
    if (text.charAt(at) == ',') {
      at++;
      skipBlanks();
    }
    if (text.charAt(at) != end) {
      return false;
    }
    at++;
    return true;
  }

  private String string() {
    StringBuilder string = new StringBuilder();
    expect('"');
    for (; text.charAt(at) != '"'; at++) {
      if (text.charAt(at) == '\\') {
        at++;
      }
      string.append(text.charAt(at));
    }
    at++;
    return string.toString();
  }

  private Object word() {
    int start = at;
    while (",]} \n\r\t".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    String word = text.substring(start, at);
    char first = word.charAt(0);
    return first == '-' || Character.isDigit(first) ? (Object) Double.valueOf(word) : word;
  }

  private void expect(char expected) {
    skipBlanks();
    if (text.charAt(at) != expected) {
      throw new IllegalArgumentException(
          "character " + at + ": '" + text.charAt(at) + "' (expected: '" + expected + "')");
    }
    at++;
  }

  private void skipBlanks() {
    while (Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }
}
