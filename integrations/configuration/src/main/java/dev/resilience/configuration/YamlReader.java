package dev.resilience.configuration;

import dev.resilience.text.SafeText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads YAML 1.2, of which JSON is a part, from the events of the parser: so each value keeps its
 * line, no tag makes an object, and what is too deep or too much is refused before it is there.
 */
final class YamlReader {

  /** In characters; a thousand stacks take a tenth of it. */
  static final int LONGEST = 1 << 20;

  private static final int DEEPEST = 16;

  /** With aliases counted as what they stand for. */
  private static final int MOST_NODES = 100_000;

  private static final List<String> NOTHING = List.of("", "~", "null", "Null", "NULL");

  private final Iterator<Event> events;
  private final Map<Anchor, Anchored> anchors = new HashMap<>();
  private int nodes;

  private record Anchored(Raw raw, int nodes) {}

  /** What is wrong with the text as a whole. */
  private static final class Unreadable extends Exception {

    private static final long serialVersionUID = 1L;
    private final int line;

    Unreadable(int line, String problem) {
      super(problem);
      this.line = line;
    }
  }

  private YamlReader(String text) {
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(LONGEST).build();
    events = new ParserImpl(settings, new StreamReader(settings, text));
  }

  static Raw read(String text, Faults faults) {
    if (text.length() > LONGEST) {
      faults.add("", 0, text.length() + " characters (expected: at most " + LONGEST + ")");
      return nothing();
    }
    try {
      return new YamlReader(text).document();
    } catch (Unreadable refused) {
      faults.add("", refused.line, SafeText.messageOf(refused));
    } catch (MarkedYamlEngineException broken) {
      faults.add("", line(broken.getProblemMark()), unreadable(broken.getProblem()));
    } catch (YamlEngineException broken) {
      faults.add("", 0, unreadable(broken.getMessage()));
    }
    return nothing();
  }

  /** The parser quotes the text. */
  private static String unreadable(@Nullable String problem) {
    return "cannot be read: " + SafeText.of(problem);
  }

  private static Raw nothing() {
    return new Raw.Mapping(0, Map.of(), List.of());
  }

  private Raw document() throws Unreadable {
    Raw root = new Raw.Mapping(0, new LinkedHashMap<>(), List.of());
    boolean isRead = false;
    while (events.hasNext()) {
      Event event = events.next();
      if (event instanceof NodeEvent) {
        if (isRead) {
          throw new Unreadable(line(event), "a second document (expected: one)");
        }
        root = node(event, 0);
        isRead = true;
      } else if (event instanceof StreamEndEvent) {
        break;
      }
    }
    return root;
  }

  private Raw node(Event event, int depth) throws Unreadable {
    if (++nodes > MOST_NODES) {
      throw new Unreadable(line(event), "too much (expected: at most " + MOST_NODES + " values)");
    }
    if (event instanceof AliasEvent alias) {
      return aliased(alias);
    }
    if (depth > DEEPEST) {
      throw new Unreadable(
          line(event), "nested too deeply (expected: at most " + DEEPEST + " levels)");
    }
    int before = nodes;
    Raw raw;
    if (event instanceof MappingStartEvent) {
      raw = mapping(event, depth);
    } else if (event instanceof SequenceStartEvent) {
      raw = items(event, depth);
    } else {
      raw = scalar((ScalarEvent) event);
    }
    Optional<Anchor> anchor = ((NodeEvent) event).getAnchor();
    if (anchor.isPresent()) {
      anchors.put(anchor.get(), new Anchored(raw, nodes - before + 1));
    }
    return raw;
  }

  private Raw aliased(AliasEvent alias) throws Unreadable {
    Anchored known = anchors.get(alias.getAlias());
    if (known == null) {
      throw new Unreadable(
          line(alias), "*" + SafeText.of(alias.getAlias()) + " (expected: an anchor above it)");
    }
    nodes += known.nodes();
    if (nodes > MOST_NODES) {
      throw new Unreadable(line(alias), "too much (expected: at most " + MOST_NODES + " values)");
    }
    return known.raw();
  }

  private Raw mapping(Event start, int depth) throws Unreadable {
    Map<String, Raw> entries = new LinkedHashMap<>();
    List<String> twice = new ArrayList<>();
    for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
      if (!(event instanceof ScalarEvent key)) {
        throw new Unreadable(line(event), "a key that is no text (expected: a name)");
      }
      Raw value = node(events.next(), depth + 1);
      if (entries.putIfAbsent(key.getValue(), at(line(key), value)) != null) {
        twice.add(key.getValue());
      }
    }
    return new Raw.Mapping(line(start), entries, twice);
  }

  /** A value stands where its key does: that line is looked for. */
  private static Raw at(int line, Raw raw) {
    if (raw instanceof Raw.Mapping mapping) {
      return new Raw.Mapping(line, mapping.entries(), mapping.twice());
    }
    return raw instanceof Raw.Items items
        ? new Raw.Items(line, items.items())
        : new Raw.Scalar(line, ((Raw.Scalar) raw).value());
  }

  private Raw items(Event start, int depth) throws Unreadable {
    List<Raw> items = new ArrayList<>();
    for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
      items.add(node(event, depth + 1));
    }
    return new Raw.Items(line(start), items);
  }

  private static Raw scalar(ScalarEvent event) {
    boolean isNothing =
        event.getScalarStyle() == ScalarStyle.PLAIN && NOTHING.contains(event.getValue());
    return new Raw.Scalar(line(event), isNothing ? null : event.getValue());
  }

  private static int line(Event event) {
    return line(event.getStartMark());
  }

  private static int line(Optional<Mark> mark) {
    return mark.map(place -> place.getLine() + 1).orElse(0);
  }
}
