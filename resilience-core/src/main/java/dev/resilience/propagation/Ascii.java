package dev.resilience.propagation;

/** The characters of headers (RFC 9110, section 5.6), without allocation. */
final class Ascii {

  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";
  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = 0; c < 128; c++) {
      TOKEN[c] = isDigit(c) || isLetter(c) || TOKEN_MARKS.indexOf(c) >= 0;
    }
  }

  private Ascii() {}

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  /** Whether a character may stand in a token, such as a name. */
  static boolean isToken(char c) {
    return c < 128 && TOKEN[c];
  }

  /** Whether a part of a text is a token, not empty. */
  static boolean isToken(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!isToken(text.charAt(i))) {
        return false;
      }
    }
    return to > from;
  }

  /** Whether a text has printable ASCII characters only. */
  static boolean isPrintable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~') {
        return false;
      }
    }
    return true;
  }

  /** The value of a lower-case hexadecimal digit; negative: it is none. */
  static int lowerHex(char c) {
    if (isDigit(c)) {
      return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  /** Where a part begins, without the blanks in front. */
  static int start(String text, int from, int to) {
    int start = from;
    while (start < to && isBlank(text.charAt(start))) {
      start++;
    }
    return start;
  }

  /** Where a part ends, without the blanks behind. */
  static int end(String text, int from, int to) {
    int end = to;
    while (end > from && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
