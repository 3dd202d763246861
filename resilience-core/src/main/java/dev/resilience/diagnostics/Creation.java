package dev.resilience.diagnostics;

import dev.resilience.context.Context;
import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.Set;

/**
 * Where a context was derived: the name of its operation, the thread, and the frames above. They
 * are turned into text only when somebody reads them, which most are never.
 */
final class Creation {

  private static final StackWalker WALKER = StackWalker.getInstance();
  private static final String CONTEXT = Context.class.getPackageName() + ".";
  private static final Set<String> HERE =
      Set.of(
          Creation.class.getName(), ContextMonitor.class.getName(), LeakDetector.class.getName());

  final String name;
  final String thread;
  private final List<StackFrame> frames;

  private Creation(String name, String thread, List<StackFrame> frames) {
    this.name = name;
    this.thread = thread;
    this.frames = frames;
  }

  /**
   * Of a context that is being derived on this thread.
   *
   * @param depth how many frames are kept
   */
  static Creation here(Context context, int depth) {
    return new Creation(
        context.name(),
        nameOf(Thread.currentThread()),
        WALKER.walk(stack -> stack.dropWhile(Creation::isPlumbing).limit(depth).toList()));
  }

  private static boolean isPlumbing(StackFrame frame) {
    String type = frame.getClassName();
    return type.startsWith(CONTEXT) || HERE.contains(type);
  }

  List<StackTraceElement> stack() {
    return frames.stream().map(StackFrame::toStackTraceElement).toList();
  }

  /** The name of a thread; virtual ones have none by default. */
  static String nameOf(Thread thread) {
    String name = thread.getName();
    return name.isEmpty() ? "thread " + thread.getId() : name;
  }
}
