package dev.resilience.configuration;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes maps, lists, texts and numbers as JSON (RFC 8259), two spaces a level. */
final class JsonWriter {

  private final StringBuilder out = new StringBuilder();

  private JsonWriter() {}

  static String write(Map<String, ?> map) {
    JsonWriter writer = new JsonWriter();
    writer.value(map, "\n");
    return writer.out.append('\n').toString();
  }

  private void value(Object value, String margin) {
    if (value instanceof Map<?, ?> map) {
      map(map, margin);
    } else if (value instanceof List<?> list) {
      out.append('[');
      Iterator<?> items = list.iterator();
      while (items.hasNext()) {
        value(items.next(), margin);
        out.append(items.hasNext() ? ", " : "");
      }
      out.append(']');
    } else if (value instanceof Integer) {
      out.append(value);
    } else {
      text(value.toString());
    }
  }

  private void map(Map<?, ?> map, String margin) {
    String inner = margin + "  ";
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      out.append(inner);
      text(entry.getKey().toString());
      out.append(": ");
      value(entry.getValue(), inner);
      out.append(entries.hasNext() ? "," : margin);
    }
    out.append('}');
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        default -> {
          // Beyond ASCII, too: the text may pass through anything.
          if (c < ' ' || c > '~') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
