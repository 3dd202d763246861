package dev.resilience.slf4j;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** Keeps what is logged, with the MDC of the thread that logged it. */
final class Lines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();
  private final Logger logger;

  private Lines(Logger logger) {
    this.logger = logger;
  }

  static Lines of(org.slf4j.Logger logger) {
    Logger logback = (Logger) LoggerFactory.getLogger(logger.getName());
    Lines lines = new Lines(logback);
    lines.start();
    logback.setAdditive(false);
    logback.addAppender(lines);
    return lines;
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing(); // copies the MDC, on this thread
    events.add(event);
  }

  List<ILoggingEvent> events() {
    return List.copyOf(events);
  }

  /** What a pattern layout would print: level, message, MDC, pairs. */
  List<String> texts() {
    return events.stream().map(Lines::text).toList();
  }

  private static String text(ILoggingEvent event) {
    Map<String, Object> pairs = new TreeMap<>();
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> pairs.put(pair.key, String.valueOf(pair.value)));
    }
    return event.getLevel()
        + " "
        + event.getFormattedMessage()
        + " "
        + new TreeMap<>(event.getMDCPropertyMap())
        + " "
        + pairs;
  }

  @Override
  public void close() {
    logger.detachAppender(this);
  }
}
