package dev.resilience.concurrent.pipeline;

import dev.resilience.error.ResilienceException;
import dev.resilience.text.SafeText;

/** A stage failed on an item. {@link #getCause} is what it threw. */
public final class StageFailedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final String stage;
  private final transient Object item;

  StageFailedException(String pipeline, String stage, Object item, Throwable cause) {
    super(
        pipeline
            + ": "
            + stage
            + " failed on "
            + SafeText.of(item, 100)
            + ": "
            + SafeText.of(cause),
        cause);
    this.stage = stage;
    this.item = item;
  }

  /** The name of the stage. */
  public String stage() {
    return stage;
  }

  /** The item, as it was when it came to the stage. */
  public Object item() {
    return item;
  }
}
