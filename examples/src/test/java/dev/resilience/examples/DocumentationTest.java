package dev.resilience.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that a user can see has its sentence. */
class DocumentationTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resilience-core",
        "resilience-cache",
        "resilience-discovery",
        "integrations/slf4j",
        "integrations/micrometer",
        "integrations/opentelemetry",
        "integrations/jfr",
        "integrations/junit",
        "integrations/http-server",
        "integrations/jdbc",
        "integrations/redis",
        "integrations/servlet",
        "integrations/zookeeper",
        "integrations/configuration",
        "integrations/archunit",
        "integrations/grpc"
      })
  void everything_public_is_documented(String module) throws IOException {
    List<String> missing = new ArrayList<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, List.of("-proc:none"), null, sources(module, files));
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new Undocumented(docs, missing).scan(unit, null);
      }
    }

    assertThat(missing).isEmpty();
  }

  private static Iterable<? extends JavaFileObject> sources(
      String module, StandardJavaFileManager files) throws IOException {
    try (var paths = Files.walk(Path.of("..", module, "src/main/java"))) {
      return files.getJavaFileObjectsFromPaths(
          paths.filter(path -> path.toString().endsWith(".java")).toList());
    }
  }

  /** Looks at public types, and in them at what is public or protected and overrides nothing. */
  private static final class Undocumented extends TreePathScanner<@Nullable Void, @Nullable Void> {

    private final DocTrees docs;
    private final List<String> missing;

    Undocumented(DocTrees docs, List<String> missing) {
      this.docs = docs;
      this.missing = missing;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
      boolean inInterface =
          getCurrentPath().getParentPath().getLeaf() instanceof ClassTree outer
              && outer.getKind() == Tree.Kind.INTERFACE;
      if (!inInterface && !isVisible(type.getModifiers().getFlags())) {
        return null;
      }
      check("type " + type.getSimpleName());
      return super.visitClass(type, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
      boolean overrides =
          method.getModifiers().getAnnotations().stream()
              .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
      if (!overrides && isVisibleMember(method.getModifiers().getFlags())) {
        check("method " + method.getName());
      }
      return null;
    }

    @Override
    public @Nullable Void visitVariable(VariableTree field, @Nullable Void nothing) {
      if (isVisibleMember(field.getModifiers().getFlags())
          && !field.getName().contentEquals("serialVersionUID")) {
        check("field " + field.getName());
      }
      return null;
    }

    private boolean isVisibleMember(Set<Modifier> flags) {
      boolean inInterface =
          getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.INTERFACE;
      return isVisible(flags) || (inInterface && !flags.contains(Modifier.PRIVATE));
    }

    private static boolean isVisible(Set<Modifier> flags) {
      return flags.contains(Modifier.PUBLIC) || flags.contains(Modifier.PROTECTED);
    }

    private void check(String what) {
      if (docs.getDocComment(getCurrentPath()) == null) {
        missing.add(getCurrentPath().getCompilationUnit().getSourceFile().getName() + ": " + what);
      }
    }
  }
}
