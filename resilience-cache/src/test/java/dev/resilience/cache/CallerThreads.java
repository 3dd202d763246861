package dev.resilience.cache;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.ThreadFactory;

/** The threads that callers may be on. */
enum CallerThreads {
  PLATFORM {
    @Override
    ThreadFactory factory() {
      return Thread::new;
    }
  },
  /** Found at run time: the tests are compiled for 17. */
  VIRTUAL {
    @Override
    ThreadFactory factory() {
      try {
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        return (ThreadFactory)
            Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
      } catch (ReflectiveOperationException notThere) {
        assumeTrue(false, "this JVM has no virtual threads");
        throw new LinkageError(notThere.getMessage(), notThere);
      }
    }
  };

  abstract ThreadFactory factory();
}
