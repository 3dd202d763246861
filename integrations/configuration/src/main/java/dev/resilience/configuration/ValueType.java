package dev.resilience.configuration;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What may be written for a key: how it is read, which values are allowed, and how that is said, in
 * a fault and in the reference alike.
 */
final class ValueType<T> {

  private static final int LONGEST_NUMBER = 40;

  private final String name;
  private final String range;
  private final Function<Object, Optional<T>> reader;
  private final Predicate<T> isAllowed;
  private final Function<T, Object> writer;

  private ValueType(
      String name,
      String range,
      Function<Object, Optional<T>> reader,
      Predicate<T> isAllowed,
      Function<T, Object> writer) {
    this.name = name;
    this.range = range;
    this.reader = reader;
    this.isAllowed = isAllowed;
    this.writer = writer;
  }

  // ---- the types

  static ValueType<Integer> wholeNumber(int least, int most) {
    return new ValueType<>(
        "whole number",
        most == Integer.MAX_VALUE ? "at least " + least : least + " to " + most,
        value -> number(value).flatMap(ValueType::toInt),
        number -> number >= least && number <= most,
        number -> number);
  }

  /** A number such as 2.5; a percentage is one, too. */
  static ValueType<Double> number(double least, double most) {
    return new ValueType<>(
        "number",
        plain(least) + " to " + plain(most),
        value -> share(value),
        number -> number >= least && number <= most,
        ValueType::plain);
  }

  /** A number above another one; with no largest. */
  static ValueType<Double> numberAtLeast(double least) {
    return new ValueType<>(
        "number",
        "at least " + plain(least),
        value -> share(value),
        number -> number >= least,
        ValueType::plain);
  }

  /** More than 0 and at most 1. */
  static ValueType<Double> share() {
    return new ValueType<>(
        "share",
        "more than 0 and at most 1, such as 0.5 or 50 %",
        value -> share(value),
        share -> share > 0 && share <= 1,
        ValueType::plain);
  }

  /** More than 0 and less than 1. */
  static ValueType<Double> percentile() {
    return new ValueType<>(
        "share",
        "more than 0 and less than 1, such as 0.95 or 95 %",
        value -> share(value),
        share -> share > 0 && share < 1,
        ValueType::plain);
  }

  static ValueType<Duration> positiveDuration() {
    return duration("more than 0", time -> !time.isZero() && !time.isNegative());
  }

  static ValueType<Duration> durationOrZero() {
    return duration("0 or more", time -> !time.isNegative());
  }

  static ValueType<Duration> duration(Duration shortest, Duration longest) {
    return duration(
        DurationSyntax.write(shortest) + " to " + DurationSyntax.write(longest),
        time -> time.compareTo(shortest) >= 0 && time.compareTo(longest) <= 0);
  }

  private static ValueType<Duration> duration(String range, Predicate<Duration> isAllowed) {
    return new ValueType<>(
        "duration",
        range + ", such as 250ms or 1m30s",
        value ->
            value instanceof Duration time
                ? DurationSyntax.measurable(time)
                : value instanceof String text ? DurationSyntax.read(text) : Optional.empty(),
        isAllowed,
        DurationSyntax::write);
  }

  static ValueType<Boolean> onOff() {
    return new ValueType<>(
        "switch",
        "on or off",
        value -> ValueType.onOff(value),
        isOn -> true,
        isOn -> isOn ? "on" : "off");
  }

  /** One of several words. */
  static ValueType<String> choice(String... words) {
    List<String> known = List.of(words);
    return new ValueType<>(
        "word",
        "one of " + String.join(", ", known),
        value ->
            value instanceof String text
                ? known.stream()
                    .filter(word -> Keys.folded(word).equals(Keys.folded(text)))
                    .findFirst()
                : Optional.empty(),
        word -> true,
        word -> word);
  }

  /** The name of something that stands elsewhere. */
  static ValueType<String> name(String what) {
    return new ValueType<>(
        "name",
        what,
        value -> value instanceof String text ? Optional.of(text.strip()) : Optional.empty(),
        name -> !name.isEmpty(),
        name -> name);
  }

  /** One of several words, or a share: a jitter. */
  static ValueType<Object> wordOrShare(String... words) {
    ValueType<String> word = choice(words);
    ValueType<Double> share = share();
    return new ValueType<>(
        "word or share",
        word.range + ", or " + share.range,
        value ->
            word.reader
                .apply(value)
                .map(Object.class::cast)
                .or(() -> share.reader.apply(value).map(Object.class::cast)),
        value -> !(value instanceof Double number) || share.isAllowed.test(number),
        value -> value instanceof Double number ? plain(number) : value);
  }

  /** Words in an order, as a list or with commas between them. */
  static ValueType<List<String>> order(List<String> words) {
    return new ValueType<>(
        "list",
        "each once: " + String.join(", ", words),
        value -> order(words, value),
        names -> !names.isEmpty() && names.stream().distinct().count() == names.size(),
        names -> names);
  }

  // ---- reading

  private static Optional<List<String>> order(List<String> words, Object value) {
    List<?> written =
        value instanceof List<?> list
            ? list
            : value instanceof String text ? List.of(text.split(",", -1)) : List.of();
    List<String> names =
        written.stream()
            .filter(String.class::isInstance)
            .flatMap(
                name ->
                    words.stream()
                        .filter(word -> Keys.folded(word).equals(Keys.folded((String) name))))
            .collect(Collectors.toList());
    return names.size() == written.size() ? Optional.of(List.copyOf(names)) : Optional.empty();
  }

  /** Also for what stands in place of a section. */
  static Optional<Boolean> onOff(Object value) {
    if (value instanceof Boolean isOn) {
      return Optional.of(isOn);
    }
    return value instanceof String text
        ? switch (text.strip().toLowerCase(Locale.ROOT)) {
          case "on", "true", "yes" -> Optional.of(true);
          case "off", "false", "no" -> Optional.of(false);
          default -> Optional.empty();
        }
        : Optional.empty();
  }

  private static Optional<Double> share(Object value) {
    if (value instanceof String text && text.strip().endsWith("%")) {
      String number = text.strip();
      return number(number.substring(0, number.length() - 1).strip())
          .map(percent -> percent.movePointLeft(2).doubleValue());
    }
    return number(value).map(BigDecimal::doubleValue).filter(Double::isFinite);
  }

  private static Optional<Integer> toInt(BigDecimal number) {
    try {
      return Optional.of(number.intValueExact());
    } catch (ArithmeticException none) {
      return Optional.empty();
    }
  }

  private static Optional<BigDecimal> number(Object value) {
    String text;
    if (value instanceof String written) {
      text = written.strip();
    } else if (value instanceof Number) {
      text = value.toString();
    } else {
      return Optional.empty();
    }
    // Short exponents: 1e999999999 is a text of a dozen characters, and a number of a billion.
    if (text.length() > LONGEST_NUMBER
        || !text.matches("[-+]?\\d+(\\.\\d+)?([eE][-+]?\\d{1,2})?")) {
      return Optional.empty();
    }
    return Optional.of(new BigDecimal(text));
  }

  private static String plain(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? BigInteger.valueOf((long) number).toString()
        : Double.toString(number);
  }

  // ---- for a setting

  Optional<T> read(Object value) {
    return reader.apply(value).filter(isAllowed);
  }

  /** What reads as this value again. */
  Object write(T value) {
    return writer.apply(value);
  }

  /** For the reference. */
  String title() {
    return name;
  }

  /** For the reference and for faults. */
  String range() {
    return range;
  }

  @Override
  public String toString() {
    return name + ", " + range;
  }
}
