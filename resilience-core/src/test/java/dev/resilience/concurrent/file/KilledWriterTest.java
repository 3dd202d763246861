package dev.resilience.concurrent.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.ChildJvm;
import dev.resilience.context.Context;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} in the middle of writing: {@code -Dresilience.kills=50} times. */
@DisabledOnOs(OS.WINDOWS)
class KilledWriterTest {

  private static final int SIZE = 200_000;

  @TempDir private Path folder;

  @Test
  void leaves_the_old_content_or_the_new_one() throws Exception {
    int kills = Integer.getInteger("resilience.kills", 50);
    Path target = Files.writeString(folder.resolve("target"), "a".repeat(SIZE));
    var random = RandomGenerator.of("L64X128MixRandom");
    for (int i = 0; i < kills; i++) {
      try (var child = new ChildJvm(Child.class, target.toString())) {
        child.readUntil("written " + random.nextInt(20));
        child.signal("KILL");
        assertThat(child.exitCode()).isEqualTo(128 + 9);
      }
      String content = Files.readString(target);
      assertThat(content).hasSize(SIZE);
      assertThat(content.chars().distinct().count()).as("kinds of letters").isEqualTo(1);
    }
    ContextFiles.ofDefaults().write(Context.background(), target, (c, out) -> out.write('x'));
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactly(target);
    }
  }

  /** Writes as fast as it can, each time another letter. */
  static final class Child {

    public static void main(String[] arguments) throws Exception {
      Path target = Path.of(arguments[0]);
      ContextFiles files = ContextFiles.ofDefaults();
      for (int i = 0; ; i++) {
        byte[] letter = String.valueOf((char) ('b' + i % 20)).getBytes(UTF_8);
        files.write(
            Context.background(),
            target,
            (ctx, out) -> {
              for (int n = 0; n < SIZE; n++) {
                out.write(letter);
              }
            });
        System.out.println("written " + i);
      }
    }
  }
}
