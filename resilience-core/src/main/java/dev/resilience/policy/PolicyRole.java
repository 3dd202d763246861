package dev.resilience.policy;

/** What a policy does, as far as its place in a stack matters. */
public enum PolicyRole {
  /** Calls what is inside again, after a failure. */
  RETRY,
  /** Counts the outcomes of what is inside, and rejects calls while they are bad. */
  BREAKER,
  /** Ends what is inside after a time. */
  TIMEOUT,
  /** Lets what is inside go on beyond the caller's deadline. */
  MORE_TIME,
  /** Lets only so many calls in: per time, or at once. */
  LIMIT,
  /** Has several attempts under way at once. */
  HEDGE,
  /** Turns failures into answers. */
  FALLBACK,
  /** None of these; its place does not matter, or only its author knows. */
  OTHER
}
