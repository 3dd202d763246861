package dev.resilience.concurrent.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.concurrent.Checkpoint;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.file.FileStoppedException.Step;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Simulated(seed = 19)
class ContextFilesTest {

  @TempDir private Path folder;

  private final VirtualTime.Automatic time;
  private final Context root;
  private final ContextFiles files = ContextFiles.builder().chunk(10).build();

  ContextFilesTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private List<String> names() throws IOException {
    try (var all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** 000 "File operations with context": chunks of 10 bytes, 50 ms each. */
  @Nested
  class Reading {

    @Test
    void takes_all_where_there_is_time() throws Exception {
      Path file = file("a", "x".repeat(95));
      assertThat(files.read(root, file)).hasSize(95);
      var read = new StringBuilder();
      long end =
          files.chunks(
              root.withTimeout(ofSeconds(5)),
              file,
              (c, chunk) -> {
                c.sleep(ofMillis(50));
                read.append(UTF_8.decode(chunk));
              });
      assertThat(end).isEqualTo(95);
      assertThat(read).hasSize(95);
      assertThat(time.elapsed()).isEqualTo(ofMillis(500));
    }

    @Test
    void stops_at_the_deadline_and_says_where_and_goes_on_from_there() throws Exception {
      Path file = file("a", "0123456789".repeat(30));
      var stopped =
          catchThrowableOfType(
              FileStoppedException.class,
              () ->
                  files.chunks(
                      root.withTimeout(ofSeconds(1)), file, (c, b) -> c.sleep(ofMillis(60))));
      assertThat(stopped.step()).isEqualTo(Step.READING);
      assertThat(stopped.position()).isEqualTo(160);
      assertThat(stopped.file()).isEqualTo(file);
      assertThat(stopped).hasCauseInstanceOf(DeadlineExceededException.class);
      assertThat(stopped.getMessage()).startsWith(file + ": stopped while reading, at byte 160");
      var rest = new ArrayList<Integer>();
      files.chunks(root, file, stopped.position(), (c, b) -> rest.add(b.remaining()));
      assertThat(rest).hasSize(14);
    }

    @Test
    void tells_opening_from_reading() throws Exception {
      Path file = file("a", "x");
      var ended = root.withCancel();
      ended.cancel(CancelReason.USER);
      assertThatThrownBy(() -> files.read(ended, file))
          .isInstanceOfSatisfying(
              FileStoppedException.class,
              stopped -> assertThat(stopped.step()).isEqualTo(Step.OPENING))
          .hasMessageStartingWith(file + ": stopped while opening: ")
          .hasRootCause(CancelReason.USER);
      assertThatThrownBy(() -> files.read(root, folder.resolve("nothing")))
          .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void lets_failures_of_the_consumer_through() throws Exception {
      Path file = file("a", "x");
      assertThatThrownBy(
              () ->
                  files.chunks(
                      root,
                      file,
                      (c, b) -> {
                        throw new IllegalStateException("mine");
                      }))
          .hasMessage("mine");
      // A context of somebody else's that has ended is a failure like any other.
      assertThatThrownBy(
              () ->
                  files.chunks(root, file, (c, b) -> root.withTimeout(ofMillis(-1)).throwIfDone()))
          .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void reports_progress() throws Exception {
      Path file = file("a", "x".repeat(40));
      var told = new ArrayList<Double>();
      files.read(new Progress(told::add).in(root), file);
      assertThat(told).containsExactly(25.0, 50.0, 75.0, 100.0);
    }
  }

  /** 002 "Pitfall 3". */
  @Nested
  class Reading_lines {

    @Test
    void gives_each_line_without_its_end() throws Exception {
      var lines = new ArrayList<String>();
      long end =
          files.lines(root, file("a", "eins\r\nzwölf\n\nlast"), (c, line) -> lines.add(line));
      assertThat(lines).containsExactly("eins", "zwölf", "", "last");
      assertThat(end).isEqualTo(18);
    }

    @Test
    void stops_between_two_lines_and_goes_on_with_the_first_unfinished_one() throws Exception {
      Path file =
          file(
              "a",
              IntStream.range(0, 500).mapToObj(i -> "line " + i).collect(Collectors.joining("\n")));
      var done = new ArrayList<String>();
      ContextFiles.LineConsumer slow =
          (c, line) -> {
            c.sleep(ofMillis(10));
            done.add(line);
          };
      var stopped =
          catchThrowableOfType(
              FileStoppedException.class,
              () -> files.lines(root.withTimeout(ofSeconds(2)), file, slow));
      assertThat(done).hasSizeBetween(199, 200);
      files.lines(root, file, stopped.position(), slow);
      assertThat(done).isEqualTo(IntStream.range(0, 500).mapToObj(i -> "line " + i).toList());
    }
  }

  @Nested
  class Writing {

    /** Chunks of 5 bytes, 100 ms each, cancelled by hand at 250 ms. */
    @Test
    void leaves_the_target_as_it_was_when_it_is_cancelled_and_says_at_which_byte()
        throws Exception {
      Path target = file("target", "old");
      var five = ContextFiles.builder().chunk(5).build();
      var request = root.withTimeout(ofSeconds(2)).withCancel();
      time.start(
          "hand",
          () -> {
            root.sleep(ofMillis(250));
            request.cancel(CancelReason.USER);
          });
      assertThatThrownBy(
              () ->
                  five.write(
                      request,
                      target,
                      (c, out) -> {
                        for (int i = 0; i < 10; i++) {
                          c.sleep(ofMillis(100));
                          out.write("five!".getBytes(UTF_8));
                          out.flush();
                        }
                      }))
          .isInstanceOfSatisfying(
              FileStoppedException.class,
              stopped -> {
                assertThat(stopped.step()).isEqualTo(Step.WRITING);
                assertThat(stopped.position()).isEqualTo(10);
              })
          .hasCauseInstanceOf(ContextCancelledException.class);
      assertThat(target).hasContent("old");
      assertThat(names()).containsExactly("target");
    }

    @Test
    void leaves_the_target_as_it_was_when_it_fails() throws Exception {
      Path target = file("target", "old");
      for (Throwable failure :
          List.of(new IOException("No space left on device"), new StackOverflowError())) {
        assertThatThrownBy(
                () ->
                    files.write(
                        root,
                        target,
                        (c, out) -> {
                          out.write(new byte[1_000]);
                          if (failure instanceof Error error) {
                            throw error;
                          }
                          throw (Exception) failure;
                        }))
            .isSameAs(failure);
        assertThat(target).hasContent("old");
        assertThat(names()).containsExactly("target");
      }
    }

    @Test
    void replaces_or_makes_the_target() throws Exception {
      Path target = file("target", "old and long");
      assertThat(files.write(root, target, (c, out) -> out.write("new".getBytes(UTF_8))))
          .isEqualTo(3);
      assertThat(target).hasContent("new");
      Path other = folder.resolve("other");
      files.write(root, other, (c, out) -> out.write('x'));
      assertThat(other).hasContent("x");
      assertThat(names()).containsExactly("other", "target");
    }

    @Test
    void removes_what_a_killed_process_has_left() throws Exception {
      file(".target.new-99999999-1", "half");
      file(".target.new-" + ProcessHandle.current().pid() + "-77", "of somebody who lives");
      file(".target.new-strange", "not ours");
      files.write(root, folder.resolve("target"), (c, out) -> out.write('x'));
      assertThat(names())
          .containsExactly(
              ".target.new-" + ProcessHandle.current().pid() + "-77",
              ".target.new-strange",
              "target");
    }
  }

  @Nested
  class Copying {

    @Test
    void takes_all_or_nothing() throws Exception {
      Path source = file("source", "x".repeat(1_000));
      Path target = file("target", "old");
      assertThat(files.copy(root, source, target)).isEqualTo(1_000);
      assertThat(target).hasSameTextualContentAs(source);
      var ended = root.withCancel();
      ended.cancel(CancelReason.USER);
      assertThatThrownBy(() -> files.copy(ended, source, target))
          .isInstanceOf(FileStoppedException.class);
      assertThat(names()).containsExactly("source", "target");
    }

    @Test
    void goes_on_where_it_was_stopped_if_it_may() throws Exception {
      Path source = file("source", "0123456789".repeat(100));
      Path target = file("target", "old");
      var patient = ContextFiles.builder().chunk(10).resumable().build();
      var request = root.withCancel();
      var stopAtHalf =
          new Progress(
              percent -> {
                if (percent >= 50) request.cancel(CancelReason.USER);
              });
      var stopped =
          catchThrowableOfType(
              FileStoppedException.class,
              () -> patient.copy(stopAtHalf.in(request), source, target));
      assertThat(stopped.position()).isEqualTo(500);
      assertThat(target).hasContent("old");
      assertThat(names()).hasSize(3);
      var told = new ArrayList<Double>();
      assertThat(patient.copy(new Progress(told::add).in(root), source, target)).isEqualTo(1_000);
      assertThat(told.get(0)).isEqualTo(51);
      assertThat(target).hasSameTextualContentAs(source);
      assertThat(names()).containsExactly("source", "target");
    }

    @Test
    void begins_anew_when_the_source_has_changed() throws Exception {
      Path source = file("source", "new content");
      file(".target.part-3-0", "old part");
      var patient = ContextFiles.builder().resumable().build();
      patient.copy(root, source, folder.resolve("target"));
      assertThat(folder.resolve("target")).hasContent("new content");
      assertThat(names()).containsExactly("source", "target");
    }
  }

  @Nested
  class A_checkpoint {

    @Test
    void looks_every_so_many_items() {
      var request = root.withCancel();
      Checkpoint checkpoint = Checkpoint.of(request, 100, ofSeconds(1));
      checkpoint.pass();
      request.cancel(CancelReason.USER);
      assertThatThrownBy(
              () -> {
                while (true) {
                  checkpoint.pass();
                }
              })
          .isInstanceOf(ContextCancelledException.class);
      assertThat(checkpoint.passed()).isLessThanOrEqualTo(101);
    }

    @Test
    void looks_sooner_when_items_are_slow() throws Exception {
      var request = root.withTimeout(ofMillis(500));
      Checkpoint checkpoint = Checkpoint.of(request, 1_000_000, ofMillis(50));
      assertThatThrownBy(
              () -> {
                while (true) {
                  checkpoint.pass();
                  root.sleep(ofMillis(10));
                }
              })
          .isInstanceOf(DeadlineExceededException.class);
      assertThat(time.elapsed()).isBetween(ofMillis(500), ofMillis(550));
    }
  }

  @Test
  void refuses_what_makes_no_sense() {
    assertThatThrownBy(() -> ContextFiles.builder().chunk(0))
        .hasMessage("chunk: 0 (expected: >= 1)");
    assertThatThrownBy(() -> files.chunks(root, folder, -1, (c, b) -> {}))
        .hasMessage("from: -1 (expected: >= 0)");
  }

  /** What the atomic replacement rests on: a channel that an interrupt has closed. */
  @Test
  void an_interrupt_closes_a_channel() throws Exception {
    try (FileChannel channel = FileChannel.open(file("a", "x"), StandardOpenOption.READ)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
          .isInstanceOf(IOException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(channel.isOpen()).isFalse();
    }
  }
}
