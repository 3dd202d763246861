package dev.resilience.concurrent.file;

import dev.resilience.context.ContextException;
import dev.resilience.error.ResilienceException;
import dev.resilience.text.SafeText;
import java.nio.file.Path;
import java.util.Locale;

/** Work on a file stopped because its context ended, which is the cause. */
public final class FileStoppedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /** What was being done. */
  public enum Step {

    /** The file was not open yet. */
    OPENING,

    /** Bytes, lines or chunks were being read. */
    READING,

    /** Bytes were being written; the target is as it was before. */
    WRITING
  }

  private final Step step;
  private final transient Path file;
  private final long position;

  FileStoppedException(Step step, Path file, long position, ContextException end) {
    super(
        SafeText.of(file)
            + ": stopped while "
            + step.name().toLowerCase(Locale.ROOT)
            + (step == Step.OPENING ? "" : ", at byte " + position)
            + ": "
            + end.getMessage(),
        end);
    this.step = step;
    this.file = file;
    this.position = position;
  }

  /** What was being done. */
  public Step step() {
    return step;
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /**
   * How many bytes were done: to go on from there. For lines it is the beginning of the first line
   * that was not finished.
   */
  public long position() {
    return position;
  }
}
