package dev.resilience.propagation;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Readers and writers for what headers usually are kept in. Maps may have names in any case: the
 * exact name is asked for, then, in a map of at most {@value #MAX_SCAN} entries, each name in any
 * case, and in a larger one the name in lower case.
 *
 * <p>Stateless and thread-safe.
 */
public final class Carriers {

  /** A map with more entries is not searched for a name in another case. */
  public static final int MAX_SCAN = 100;

  private Carriers() {}

  /** Reads a map from names to values. */
  public static HeaderReader<Map<String, String>> map() {
    return MapReader.INSTANCE;
  }

  /**
   * Reads a map from names to lists of values: {@code HttpHeaders.map()} of the JDK's client, the
   * {@code Headers} of its server.
   */
  public static HeaderReader<Map<String, List<String>>> multimap() {
    return new MultimapReader();
  }

  /** Reads a map from names to bytes, as messages have them. */
  public static HeaderReader<Map<String, byte[]>> bytes() {
    return (carrier, name) -> {
      byte[] value = find(carrier, name);
      return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
    };
  }

  /** Writes into a map from names to values. */
  public static HeaderWriter<Map<String, String>> intoMap() {
    return Map::put;
  }

  /** Writes into a map from names to bytes. */
  public static HeaderWriter<Map<String, byte[]>> intoBytes() {
    return (carrier, name, value) -> carrier.put(name, value.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * A writer under other names, for a carrier that does not take those of HTTP: {@code
   * renamed(Message::setStringProperty, name -> name.replace('-', '_'))} for JMS.
   */
  public static <C> HeaderWriter<C> renamed(HeaderWriter<C> writer, UnaryOperator<String> names) {
    return (carrier, name, value) -> writer.set(carrier, names.apply(name), value);
  }

  /** A reader under other names. */
  public static <C> HeaderReader<C> renamed(HeaderReader<C> reader, UnaryOperator<String> names) {
    return new HeaderReader<>() {
      @Override
      public @Nullable String first(C carrier, String name) {
        return reader.first(carrier, names.apply(name));
      }

      @Override
      public Iterable<String> all(C carrier, String name) {
        return reader.all(carrier, names.apply(name));
      }
    };
  }

  private static <V> @Nullable V find(Map<String, V> map, String name) {
    V exact = map.get(name);
    if (exact != null || map.isEmpty()) {
      return exact;
    }
    if (map.size() > MAX_SCAN) {
      return map.get(name.toLowerCase(Locale.ROOT));
    }
    for (Map.Entry<String, V> entry : map.entrySet()) {
      if (name.equalsIgnoreCase(entry.getKey())) {
        return entry.getValue();
      }
    }
    return null;
  }

  private static final class MapReader implements HeaderReader<Map<String, String>> {

    static final MapReader INSTANCE = new MapReader();

    @Override
    public @Nullable String first(Map<String, String> carrier, String name) {
      return find(carrier, name);
    }

    @Override
    public boolean isMultiValued() {
      return false;
    }
  }

  private static final class MultimapReader implements HeaderReader<Map<String, List<String>>> {

    @Override
    public @Nullable String first(Map<String, List<String>> carrier, String name) {
      List<String> values = find(carrier, name);
      return values == null || values.isEmpty() ? null : values.get(0);
    }

    @Override
    public Iterable<String> all(Map<String, List<String>> carrier, String name) {
      List<String> values = find(carrier, name);
      return values == null ? List.of() : values;
    }
  }
}
