package dev.resilience.laws;

import dev.resilience.Resilience;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The functions that users give to what they build, found in the classes of the core. */
final class UserFunctions {

  private UserFunctions() {}

  /**
   * Each as {@code Retry.Builder.retryIf}: the methods of builders, and of what is changed by
   * methods that return another one of its kind, with a functional interface among their arguments.
   */
  static Set<String> all() throws IOException, URISyntaxException, ClassNotFoundException {
    Set<String> functions = new TreeSet<>();
    exported(type -> addOf(type, functions));
    return functions;
  }

  /** Does something with each public class of the packages for everybody. */
  static void exported(Consumer<Class<?>> action)
      throws IOException, URISyntaxException, ClassNotFoundException {
    Path classes =
        Path.of(Resilience.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ClassLoader loader = Resilience.class.getClassLoader();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        String name = classes.relativize(file).toString().replace(".class", "");
        if (!name.endsWith("-info")) {
          Class<?> type = Class.forName(name.replace('/', '.'), false, loader);
          if (isExported(type)) {
            action.accept(type);
          }
        }
      }
    }
  }

  private static void addOf(Class<?> type, Set<String> functions) {
    for (Method method : type.getDeclaredMethods()) {
      Class<?> returned = method.getReturnType();
      if (Modifier.isPublic(method.getModifiers())
          && !method.isSynthetic()
          && (returned == type || returned.getSimpleName().endsWith("Builder"))
          && Stream.of(method.getParameterTypes()).anyMatch(UserFunctions::isFunction)) {
        functions.add(nameOf(type) + "." + method.getName());
      }
    }
    for (Constructor<?> constructor : type.getConstructors()) {
      if (Stream.of(constructor.getParameterTypes()).anyMatch(UserFunctions::isFunction)) {
        functions.add(nameOf(type) + ".new");
      }
    }
  }

  /** Public, in a package for everybody. */
  private static boolean isExported(Class<?> type) {
    for (Class<?> each = type; each != null; each = each.getEnclosingClass()) {
      if (!Modifier.isPublic(each.getModifiers())) {
        return false;
      }
    }
    return !Set.of("queue", "stage", "statistics", "text")
        .contains(type.getPackageName().replace("dev.resilience.", ""));
  }

  private static boolean isFunction(Class<?> type) {
    return type.isInterface()
        && type != Executor.class // refused executors have a test of their own
        && (type.getSimpleName().endsWith("Listener")
            || Stream.of(type.getMethods())
                    .filter(method -> Modifier.isAbstract(method.getModifiers()))
                    .count()
                == 1);
  }

  private static String nameOf(Class<?> type) {
    return type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
  }
}
