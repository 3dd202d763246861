package dev.resilience.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The files that the page is made of, from this module. */
final class StaticFiles {

  private static final Map<String, String> TYPES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "page.css", "text/css; charset=utf-8",
          "page.js", "text/javascript; charset=utf-8",
          "uPlot.iife.min.js", "text/javascript; charset=utf-8",
          "uPlot.min.css", "text/css; charset=utf-8",
          "icon.svg", "image/svg+xml");

  private final Map<String, byte[]> read = new ConcurrentHashMap<>();

  /** The type of a file; null: there is no such file. */
  @Nullable String type(String name) {
    return TYPES.get(name);
  }

  byte[] bytes(String name) {
    return read.computeIfAbsent(name, StaticFiles::read);
  }

  private static byte[] read(String name) {
    try (InputStream file = StaticFiles.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException(name + " (expected: in the jar of this module)");
      }
      return file.readAllBytes();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
