package dev.resilience.page;

import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) to a text, in one pass and without a tree. Commas are its business; that
 * names and values alternate is the caller's. Not thread-safe.
 */
final class JsonWriter {

  private static final String HEX = "0123456789abcdef";

  /** What a number is rounded to: nobody sees more on a page. */
  private static final double THOUSANDTHS = 1000;

  /** Beyond this a number is written as it is: rounding would have to leave the range of a long. */
  private static final double ROUNDED_BELOW = 1e15;

  private final StringBuilder out;
  private boolean needsComma;

  JsonWriter(int expectedLength) {
    out = new StringBuilder(expectedLength);
  }

  JsonWriter object() {
    return open('{');
  }

  JsonWriter array() {
    return open('[');
  }

  JsonWriter endObject() {
    return close('}');
  }

  JsonWriter endArray() {
    return close(']');
  }

  private JsonWriter open(char bracket) {
    comma();
    out.append(bracket);
    needsComma = false;
    return this;
  }

  private JsonWriter close(char bracket) {
    out.append(bracket);
    needsComma = true;
    return this;
  }

  JsonWriter name(String name) {
    comma();
    quote(name);
    out.append(':');
    needsComma = false;
    return this;
  }

  JsonWriter value(@Nullable String text) {
    comma();
    if (text == null) {
      out.append("null");
    } else {
      quote(text);
    }
    needsComma = true;
    return this;
  }

  JsonWriter value(long number) {
    comma();
    out.append(number);
    needsComma = true;
    return this;
  }

  JsonWriter value(boolean truth) {
    comma();
    out.append(truth);
    needsComma = true;
    return this;
  }

  /** Rounded to thousandths; what JSON has no number for is null. */
  JsonWriter value(double number) {
    comma();
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      out.append("null");
    } else if (number == Math.rint(number) && Math.abs(number) < ROUNDED_BELOW) {
      out.append((long) number);
    } else if (Math.abs(number) < ROUNDED_BELOW) {
      out.append(Math.round(number * THOUSANDTHS) / THOUSANDTHS);
    } else {
      out.append(number);
    }
    needsComma = true;
    return this;
  }

  JsonWriter field(String name, @Nullable String text) {
    return name(name).value(text);
  }

  JsonWriter field(String name, long number) {
    return name(name).value(number);
  }

  JsonWriter field(String name, double number) {
    return name(name).value(number);
  }

  JsonWriter field(String name, boolean truth) {
    return name(name).value(truth);
  }

  private void comma() {
    if (needsComma) {
      out.append(',');
    }
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || isLoneSurrogate(text, i)) {
            escape(c);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** Half of a character cannot be written in UTF-8. */
  private static boolean isLoneSurrogate(String text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
    }
    return Character.isLowSurrogate(c)
        && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
  }

  private void escape(char c) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(HEX.charAt((c >> shift) & 0xf));
    }
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
