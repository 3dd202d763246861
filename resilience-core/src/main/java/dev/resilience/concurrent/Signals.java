package dev.resilience.concurrent;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The signals of the operating system, through {@code sun.misc.Signal}, found at run time: it is
 * the only way to hear of a second signal, and may be absent. Beside it a hook of the JVM for all
 * other ends.
 */
final class Signals {

  private static final Logger LOG = System.getLogger(Signals.class.getName());
  private static final List<String> NAMES = List.of("TERM", "INT");

  private final GracefulShutdown shutdown;
  private final AtomicBoolean signalled = new AtomicBoolean();

  private Signals(GracefulShutdown shutdown) {
    this.shutdown = shutdown;
  }

  static void handle(GracefulShutdown shutdown) {
    Signals signals = new Signals(shutdown);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> shutdown.run("the JVM ends"), shutdown + " hook"));
    try {
      for (String name : NAMES) {
        signals.install(name);
      }
    } catch (ReflectiveOperationException | RuntimeException | LinkageError absent) {
      SafeText.log(LOG, Level.DEBUG, "No signals here; the end of the JVM has to do", absent);
    }
  }

  private void install(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    int number = (int) signal.getMethod("getNumber").invoke(newSignal(signal, name));
    InvocationHandler onSignal =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> received(name, number);
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == arguments[0];
              default -> "SIG" + name + " of " + shutdown;
            };
    Object ours =
        Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, onSignal);
    signal.getMethod("handle", signal, handler).invoke(null, newSignal(signal, name), ours);
  }

  private static Object newSignal(Class<?> signal, String name)
      throws ReflectiveOperationException {
    return signal.getConstructor(String.class).newInstance(name);
  }

  /** On a thread of the JVM's, one for each signal. Returns nothing. */
  @SuppressWarnings("NullAway") // the handler's method is void
  private Object received(String name, int number) {
    if (signalled.compareAndSet(false, true)) {
      // No daemon: when all other threads have ended, the JVM has to wait for this one.
      Thread last =
          new Thread(
              () -> Runtime.getRuntime().exit(shutdown.run("SIG" + name).exitCode()),
              "shutdown by SIG" + name);
      last.setDaemon(false);
      last.start();
    } else {
      LOG.log(Level.WARNING, "SIG" + name + " again: ends at once");
      Runtime.getRuntime().halt(128 + number);
    }
    return null;
  }
}
