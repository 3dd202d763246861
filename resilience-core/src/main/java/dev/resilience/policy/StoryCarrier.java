package dev.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * Carries the story of a call on an exception. The story can be replaced, because what is
 * suppressed in an exception cannot be taken out again, and an outer policy knows more than an
 * inner one.
 */
final class StoryCarrier extends Throwable {

  private static final long serialVersionUID = 1L;

  private transient volatile @Nullable CallStory story;

  StoryCarrier(CallStory story) {
    super(null, null, false, false);
    this.story = story;
  }

  static @Nullable StoryCarrier find(Throwable failure) {
    for (Throwable suppressed : failure.getSuppressed()) {
      if (suppressed instanceof StoryCarrier carrier) {
        return carrier;
      }
    }
    return null;
  }

  /** Null after serialization: results and failures of a call need not be serializable. */
  @Nullable CallStory story() {
    return story;
  }

  void tell(CallStory newStory) {
    story = newStory;
  }

  @Override
  public String getMessage() {
    CallStory told = story;
    return told == null ? "story of the call" : "story of the call: " + told;
  }

  /** The message alone: the name of this class would tell a reader of a stack trace nothing. */
  @Override
  @SuppressWarnings("OverrideThrowableToString")
  public String toString() {
    return getMessage();
  }
}
