package dev.resilience.concurrent.pipeline;

import dev.resilience.error.ResilienceException;

/** A stage failed on an item. {@link #getCause} is what it threw. */
public final class StageFailedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final String stage;
  private final transient Object item;

  StageFailedException(String pipeline, String stage, Object item, Throwable cause) {
    super(pipeline + ": " + stage + " failed on " + shown(item) + ": " + cause, cause);
    this.stage = stage;
    this.item = item;
  }

  /** An item is somebody else's code. */
  private static String shown(Object item) {
    try {
      String text = String.valueOf(item);
      return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    } catch (Throwable failure) {
      return "an item of " + item.getClass();
    }
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
