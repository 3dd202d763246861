package dev.resilience.concurrent.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A new content that takes the place of a file in one step: it is written beside the target, forced
 * to the disk, and moved over it. Whatever happens before the move leaves the target as it was.
 *
 * <p>A process that is killed leaves its file behind; the next one that replaces the same target
 * removes it, knowing by the number of the process in its name that nobody writes it any more.
 */
final class AtomicReplacement implements AutoCloseable {

  private static final AtomicLong NUMBER = new AtomicLong();

  private final Path target;
  private final Path beside;
  final FileChannel channel;
  private boolean done;

  AtomicReplacement(Path target) throws IOException {
    this.target = target.toAbsolutePath();
    Path folder = folder();
    removeLeftovers(folder);
    this.beside =
        folder.resolve(prefix() + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
    this.channel =
        FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private Path folder() {
    Path parent = target.getParent();
    return parent == null ? target.getRoot() : parent;
  }

  private String prefix() {
    return "." + target.getFileName() + ".new-";
  }

  private void removeLeftovers(Path folder) throws IOException {
    String prefix = prefix();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(
            folder, path -> path.getFileName().toString().startsWith(prefix))) {
      for (Path leftover : found) {
        String name = leftover.getFileName().toString().substring(prefix.length());
        int end = name.indexOf('-');
        if (end > 0 && isGone(name.substring(0, end))) {
          Files.deleteIfExists(leftover);
        }
      }
    }
  }

  private static boolean isGone(String pid) {
    try {
      return ProcessHandle.of(Long.parseLong(pid)).isEmpty();
    } catch (NumberFormatException notOurs) {
      return false;
    }
  }

  /** Makes the new content the target's. */
  void commit() throws IOException {
    channel.force(true);
    channel.close();
    Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    done = true;
    forceFolder();
  }

  /** So that the move survives a power cut, where the system can do that for folders. */
  private void forceFolder() {
    try (FileChannel folder = FileChannel.open(folder(), StandardOpenOption.READ)) {
      folder.force(true);
    } catch (IOException notHere) {
      // Windows opens no folders; there the move is in the journal.
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!done) {
      Files.deleteIfExists(beside);
    }
  }
}
