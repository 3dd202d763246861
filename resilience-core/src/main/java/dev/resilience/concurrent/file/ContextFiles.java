package dev.resilience.concurrent.file;

import static java.util.Objects.requireNonNull;

import dev.resilience.concurrent.Checkpoint;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.file.FileStoppedException.Step;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.text.Arguments;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Reads, copies and writes files under a context.
 *
 * <pre>{@code
 * ContextFiles files = ContextFiles.ofDefaults();
 * files.lines(ctx, log, (c, line) -> count(line));
 * files.write(ctx, report, (c, out) -> render(c, out));      // all of it or nothing
 * files.copy(ctx, source, target);
 * }</pre>
 *
 * <p>When the context ends, a {@link FileStoppedException} says what was being done and at which
 * byte it stopped, so that a later call can go on from there. A blocked read or write is
 * interrupted.
 *
 * <p>What is written replaces its target in one step, after everything is on the disk: a
 * cancellation, a crash, a full disk or a {@code kill -9} leave the old content. Progress goes to
 * the nearest {@link Progress} of the context.
 *
 * <p>Immutable and thread-safe.
 */
public final class ContextFiles {

  /** Gets a chunk of a file. */
  @FunctionalInterface
  public interface ChunkConsumer {

    /**
     * Takes a chunk.
     *
     * @param chunk valid until this returns
     */
    void accept(Context ctx, ByteBuffer chunk) throws Exception;
  }

  /** Gets a line of a file. */
  @FunctionalInterface
  public interface LineConsumer {

    /** Takes a line, without its end. */
    void accept(Context ctx, String line) throws Exception;
  }

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface ContentWriter {

    /**
     * Writes everything.
     *
     * @param out looks at the context with each chunk; need not be closed
     */
    void write(Context ctx, OutputStream out) throws Exception;
  }

  private static final ContextFiles DEFAULTS = builder().build();

  private final int chunk;
  private final int lines;
  private final Duration interval;
  private final boolean resumable;

  private ContextFiles(Builder builder) {
    this.chunk = builder.chunk;
    this.lines = builder.lines;
    this.interval = builder.interval;
    this.resumable = builder.resumable;
  }

  /** With all defaults. */
  public static ContextFiles ofDefaults() {
    return DEFAULTS;
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  // ---- reading

  /**
   * Reads a whole file.
   *
   * @throws FileStoppedException if the context ends before all is read
   * @throws IOException if it cannot be read
   */
  public byte[] read(Context ctx, Path file) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      chunks(
          ctx,
          file,
          (c, part) -> {
            byte[] bytes = new byte[part.remaining()];
            part.get(bytes);
            all.write(bytes);
          });
    } catch (IOException | RuntimeException failure) {
      throw failure;
    } catch (Exception impossible) {
      throw new AssertionError("nothing else is thrown above", impossible);
    }
    return all.toByteArray();
  }

  /**
   * Reads a file in chunks, from its beginning.
   *
   * @return how many bytes there were
   * @throws FileStoppedException if the context ends before all is read
   * @throws Exception what the consumer throws
   */
  public long chunks(Context ctx, Path file, ChunkConsumer consumer) throws Exception {
    return chunks(ctx, file, 0, consumer);
  }

  /**
   * Reads a file in chunks.
   *
   * @param from the first byte, such as {@link FileStoppedException#position} of an earlier call
   * @return the position of its end
   * @throws FileStoppedException if the context ends before all is read
   * @throws Exception what the consumer throws
   */
  public long chunks(Context ctx, Path file, long from, ChunkConsumer consumer) throws Exception {
    requireNonNull(consumer, "consumer");
    Reading reading = new Reading(requireNonNull(file, "file"), from);
    return reading.run(
        ctx,
        channel -> {
          ByteBuffer buffer = ByteBuffer.allocate(chunk);
          long size = channel.size();
          while (true) {
            ctx.throwIfDone();
            buffer.clear();
            int count = channel.read(buffer);
            if (count < 0) {
              return;
            }
            consumer.accept(ctx, buffer.flip());
            reading.position += count;
            report(ctx, reading.position, size);
          }
        });
  }

  /**
   * Reads a text file in UTF-8 line by line, from its beginning.
   *
   * @return the position of its end
   * @throws FileStoppedException if the context ends before all is read
   * @throws Exception what the consumer throws
   */
  public long lines(Context ctx, Path file, LineConsumer consumer) throws Exception {
    return lines(ctx, file, 0, consumer);
  }

  /**
   * Reads a text file in UTF-8 line by line. The context is looked at every so many lines or every
   * so often, see {@link Builder#checkEvery}, and passed on to the work on each line.
   *
   * @param from the first byte of a line, such as {@link FileStoppedException#position} of an
   *     earlier call
   * @return the position of its end
   * @throws FileStoppedException if the context ends before all is read
   * @throws Exception what the consumer throws
   */
  public long lines(Context ctx, Path file, long from, LineConsumer consumer) throws Exception {
    requireNonNull(consumer, "consumer");
    Reading reading = new Reading(requireNonNull(file, "file"), from);
    return reading.run(ctx, channel -> readLines(ctx, channel, reading, consumer));
  }

  private void readLines(Context ctx, FileChannel channel, Reading reading, LineConsumer consumer)
      throws Exception {
    Checkpoint checkpoint = Checkpoint.of(ctx, lines, interval);
    ByteBuffer buffer = ByteBuffer.allocate(chunk);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long size = channel.size();
    long read = reading.position;
    while (channel.read(buffer.clear()) >= 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        read++;
        if (next == '\n') {
          checkpoint.pass();
          consumer.accept(ctx, text(line));
          line.reset();
          reading.position = read;
        } else {
          line.write(next);
        }
      }
      report(ctx, reading.position, size);
    }
    if (line.size() > 0) {
      consumer.accept(ctx, text(line));
      reading.position = read;
    }
  }

  private static String text(ByteArrayOutputStream line) {
    String text = line.toString(StandardCharsets.UTF_8);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  // ---- writing

  /**
   * Replaces a file, or makes it. Until everything is written and on the disk, the target is as it
   * was.
   *
   * @return how many bytes were written
   * @throws FileStoppedException if the context ends before that
   * @throws Exception what the writer throws
   */
  public long write(Context ctx, Path target, ContentWriter writer) throws Exception {
    requireNonNull(target, "target");
    requireNonNull(writer, "writer");
    opening(ctx, target);
    try (AtomicReplacement replacement = new AtomicReplacement(target)) {
      ContextOutput out = new ContextOutput(ctx, replacement.channel, chunk);
      try {
        ctx.<Long, Exception>interruptibly(
            () -> {
              writer.write(ctx, out);
              out.flush();
              return out.written();
            });
        ctx.throwIfDone();
        replacement.commit();
        return out.written();
      } catch (ContextException end) {
        throw stopped(ctx, Step.WRITING, target, out.written(), end);
      }
    }
  }

  /**
   * Copies a file; replaces the target as {@link #write} does. A {@linkplain Builder#resumable
   * resumable} copy that the context ends is continued by the next one of the same source to the
   * same target.
   *
   * @return how many bytes the file has
   * @throws FileStoppedException if the context ends before that
   * @throws IOException if it cannot be read or written
   */
  public long copy(Context ctx, Path source, Path target) throws IOException {
    requireNonNull(source, "source");
    requireNonNull(target, "target");
    try {
      return resumable
          ? copyOn(ctx, source, target)
          : write(
              ctx,
              target,
              (c, out) ->
                  chunks(
                      c,
                      source,
                      (cc, part) ->
                          out.write(
                              part.array(),
                              part.arrayOffset() + part.position(),
                              part.remaining())));
    } catch (IOException | RuntimeException failure) {
      throw failure;
    } catch (Exception impossible) {
      throw new AssertionError("nothing else is thrown above", impossible);
    }
  }

  /** The part that is there already is kept in a file whose name tells of which source it is. */
  private long copyOn(Context ctx, Path source, Path target) throws Exception {
    opening(ctx, target);
    Path absolute = target.toAbsolutePath();
    Path folder = requireNonNull(absolute.getParent(), "target's folder");
    String prefix = "." + absolute.getFileName() + ".part-";
    Path part = folder.resolve(prefix + identity(source));
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(
            folder, path -> path.getFileName().toString().startsWith(prefix))) {
      for (Path other : parts) {
        if (!other.equals(part)) {
          Files.deleteIfExists(other); // of a source that has changed
        }
      }
    }
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long there = out.size();
      out.position(there);
      long size =
          chunks(
              ctx,
              source,
              there,
              (c, bytes) -> {
                while (bytes.hasRemaining()) {
                  out.write(bytes);
                }
              });
      out.force(true);
      Files.move(
          part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return size;
    }
  }

  private static String identity(Path source) throws IOException {
    return Long.toHexString(Files.size(source))
        + "-"
        + Long.toHexString(Files.getLastModifiedTime(source).toMillis());
  }

  // ---- common

  private static void opening(Context ctx, Path file) {
    if (ctx.isDone()) {
      throw new FileStoppedException(Step.OPENING, file, 0, ctx.toException());
    }
  }

  /** The end of the context, in words; what had nothing to do with it stays what it is. */
  private static RuntimeException stopped(
      Context ctx, Step step, Path file, long position, ContextException end) {
    return ctx.isDone() ? new FileStoppedException(step, file, position, end) : end;
  }

  private static void report(Context ctx, long done, long size) {
    if (size > 0) {
      Progress.report(ctx, 100.0 * done / size);
    }
  }

  @FunctionalInterface
  private interface Body {
    void run(FileChannel channel) throws Exception;
  }

  /** A file that is being read, and how far. */
  private static final class Reading {

    private final Path file;
    private long position;

    Reading(Path file, long from) {
      Arguments.requireNotNegative(from, "from");
      this.file = file;
      this.position = from;
    }

    long run(Context ctx, Body body) throws Exception {
      opening(ctx, file);
      boolean[] opened = {false};
      try {
        return ctx.<Long, Exception>interruptibly(
            () -> {
              try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                opened[0] = true;
                channel.position(position);
                body.run(channel);
                return position;
              }
            });
      } catch (ContextException end) {
        throw stopped(ctx, opened[0] ? Step.READING : Step.OPENING, file, position, end);
      }
    }
  }

  /** Builds {@link ContextFiles}. Not thread-safe. */
  public static final class Builder {

    private int chunk = 64 * 1024;
    private int lines = 100;
    private Duration interval = Duration.ofMillis(50);
    private boolean resumable;

    private Builder() {}

    /** How many bytes are read or written at once. Default: 64 KiB. */
    public Builder chunk(int newChunk) {
      chunk = Arguments.requireAtLeastOne(newChunk, "chunk");
      return this;
    }

    /** How often a loop over lines looks at its context. Default: every 100 lines or 50 ms. */
    public Builder checkEvery(int newLines, Duration newInterval) {
      lines = Arguments.requireAtLeastOne(newLines, "lines");
      interval = requireNonNull(newInterval, "interval");
      return this;
    }

    /**
     * Lets a copy that its context has ended leave its part beside the target, for the next one to
     * go on from there. Default: nothing is left.
     */
    public Builder resumable() {
      resumable = true;
      return this;
    }

    /** The settings. */
    public ContextFiles build() {
      return new ContextFiles(this);
    }
  }
}
