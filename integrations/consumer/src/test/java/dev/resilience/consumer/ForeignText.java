package dev.resilience.consumer;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Finds where sources put into words what they do not know: an object of somebody else's class, the
 * message of a throwable, a failure that is logged. Parses only, so it needs no class path: the
 * type of a name is the one that it is declared with, that of a call the one that our methods of
 * this name return. What it does not find a type for it lets pass.
 */
@SuppressWarnings("VoidUsed") // what the visitors hand on is nothing
final class ForeignText {

  /**
   * Whose texts are known. A {@code Duration} is none of them: {@code DurationText} reads better.
   */
  private static final Set<String> KNOWN =
      Set.of(
          ("boolean byte char short int long float double Boolean Integer Long Double String"
                  + " StringBuilder StringJoiner Class Instant StackTraceElement UUID"
                  + " AtomicInteger AtomicLong LongAdder OptionalInt OptionalLong")
              .split(" ", -1));

  /** What is in them counts. */
  private static final Set<String> HOLDERS =
      Set.of("List", "Set", "Map", "Collection", "Optional", "SortedMap", "EnumSet");

  private final Set<String> closed = new HashSet<>();

  /** The types that our methods return, by name and number of arguments, and by class as well. */
  private final Map<String, Set<String>> returned = new HashMap<>();

  private final Set<String> found = new TreeSet<>();

  private ForeignText() {}

  /**
   * Of all classes of modules.
   *
   * @return each as {@code Class: what is put into words}
   */
  static Set<String> in(List<Path> modules) throws IOException {
    List<Path> java = new ArrayList<>();
    for (Path module : modules) {
      try (Stream<Path> sources = Files.walk(module.resolve("src/main/java"))) {
        sources.filter(path -> path.toString().endsWith(".java")).forEach(java::add);
      }
    }
    ForeignText all = new ForeignText();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(java));
      List<CompilationUnitTree> units = new ArrayList<>();
      task.parse().forEach(units::add);
      units.forEach(unit -> unit.accept(all.new Declarations(), null));
      for (CompilationUnitTree unit : units) {
        String file = Path.of(unit.getSourceFile().toUri()).getFileName().toString();
        unit.accept(all.new Words(file.replace(".java", "")), null);
      }
    }
    return all.found;
  }

  private boolean isKnown(String type) {
    String bare = type.replace("@Nullable ", "").replaceAll("\\.\\.\\.|\\[\\]", "").strip();
    int angle = bare.indexOf('<');
    String name = angle < 0 ? bare : bare.substring(0, angle);
    if (HOLDERS.contains(name)) {
      return angle > 0
          && Stream.of(bare.substring(angle + 1, bare.lastIndexOf('>')).split(",", -1))
              .allMatch(this::isKnown);
    }
    return KNOWN.contains(name) || closed.contains(name);
  }

  /** Collects our types and methods. */
  private final class Declarations extends TreeScanner<Void, Void> {

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      ModifiersTree modifiers = type.getModifiers();
      Set<Modifier> flags = modifiers.getFlags();
      if (type.getKind() == Tree.Kind.ENUM
          || type.getKind() == Tree.Kind.RECORD
          || flags.contains(Modifier.FINAL)
          || flags.contains(Modifier.SEALED)
          || !flags.contains(Modifier.PUBLIC)) {
        closed.add(type.getSimpleName().toString());
      }
      for (Tree member : type.getMembers()) {
        if (member instanceof VariableTree component && type.getKind() == Tree.Kind.RECORD) {
          returns(type, component.getName() + "/0", component.getType());
        }
        if (member instanceof VariableTree field) {
          returns(type, field.getName() + "/field", field.getType());
        }
        if (member instanceof MethodTree method) {
          returns(
              type, method.getName() + "/" + method.getParameters().size(), method.getReturnType());
        }
      }
      return super.visitClass(type, nothing);
    }

    private void returns(ClassTree owner, String method, @Nullable Tree type) {
      for (String key : List.of(method, owner.getSimpleName() + "." + method)) {
        returned.computeIfAbsent(key, m -> new HashSet<>()).add(String.valueOf(type));
      }
    }
  }

  /** Looks at what is put into words. */
  private final class Words extends TreeScanner<Void, Void> {

    private final String file;
    private boolean isShown;
    private final Deque<Map<String, String>> scopes = new ArrayDeque<>();
    private final Deque<Map<String, String>> arguments = new ArrayDeque<>(List.of(Map.of()));

    Words(String file) {
      this.file = file;
    }

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      Map<String, String> fields = new HashMap<>();
      for (Tree member : type.getMembers()) {
        if (member instanceof VariableTree field) {
          fields.put(field.getName().toString(), String.valueOf(field.getType()));
        }
      }
      if (type.getKind() == Tree.Kind.RECORD && isShown(type) && !hasText(type)) {
        for (Tree member : type.getMembers()) {
          if (member instanceof VariableTree part
              && part.getModifiers().getFlags().contains(Modifier.PRIVATE)
              && !part.getModifiers().getFlags().contains(Modifier.STATIC)
              && !part.getType().toString().equals("Duration")
              && !isKnown(part.getType().toString())) {
            found.add(file + ": a record shows " + type.getSimpleName() + "." + part.getName());
          }
        }
      }
      scopes.push(fields);
      boolean wasShown = isShown;
      isShown = type.getKind() == Tree.Kind.INTERFACE && isShown(type);
      super.visitClass(type, nothing);
      isShown = wasShown;
      scopes.pop();
      return null;
    }

    /** Whether it is public, as all types in a public interface are. */
    private boolean isShown(ClassTree type) {
      return isShown || type.getModifiers().getFlags().contains(Modifier.PUBLIC);
    }

    private static boolean hasText(ClassTree type) {
      return type.getMembers().stream()
          .anyMatch(
              member -> member instanceof MethodTree it && it.getName().contentEquals("toString"));
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      scopes.push(new HashMap<>());
      arguments.push(
          method.getParameters().stream()
              .collect(Collectors.toMap(p -> p.getName().toString(), p -> p.getType().toString())));
      super.visitMethod(method, nothing);
      arguments.pop();
      scopes.pop();
      return null;
    }

    @Override
    public Void visitVariable(VariableTree variable, Void nothing) {
      String type = variable.getType() == null ? "?" : variable.getType().toString();
      scopes.peek().put(variable.getName().toString(), type.equals("var") ? "?" : type);
      return super.visitVariable(variable, nothing);
    }

    @Override
    public Void visitBinary(BinaryTree sum, Void nothing) {
      List<ExpressionTree> operands = new ArrayList<>();
      if (sum.getKind() == Tree.Kind.PLUS) {
        flatten(sum, operands);
      }
      if (operands.stream().anyMatch(Words::isText)) {
        operands.forEach(operand -> word(operand, "joins"));
        for (int i = 1; i < operands.size(); i++) {
          quoted(operands.get(i - 1), operands.get(i));
        }
      }
      return super.visitBinary(sum, nothing);
    }

    private static void flatten(ExpressionTree tree, List<ExpressionTree> operands) {
      if (tree instanceof BinaryTree sum && sum.getKind() == Tree.Kind.PLUS) {
        flatten(sum.getLeftOperand(), operands);
        flatten(sum.getRightOperand(), operands);
      } else {
        operands.add(tree);
      }
    }

    private static boolean isText(ExpressionTree tree) {
      return tree instanceof LiteralTree literal && literal.getValue() instanceof String;
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree call, Void nothing) {
      String name = nameOf(call);
      List<? extends ExpressionTree> arguments = call.getArguments();
      ExpressionTree receiver =
          call.getMethodSelect() instanceof MemberSelectTree select ? select.getExpression() : null;
      switch (name) {
        case "getMessage", "getLocalizedMessage" -> {
          if (receiver != null && !isSafe(receiver)) {
            found.add(file + ": asks for " + call);
          }
        }
        case "append" -> {
          if (arguments.size() == 1) {
            word(arguments.get(0), "appends");
          }
        }
        case "valueOf", "toString", "format", "formatted" -> {
          boolean ofString =
              receiver != null
                  && (receiver.toString().equals("String")
                      || receiver.toString().equals("Objects"));
          if (ofString || name.equals("formatted")) {
            arguments.forEach(argument -> word(argument, "formats"));
          } else if (receiver != null && arguments.isEmpty() && name.equals("toString")) {
            word(receiver, "asks for the text of");
          }
        }
        case "log" -> {
          if (receiver != null
              && (receiver.toString().equals("LOG") || receiver.toString().equals("logger"))) {
            if (arguments.size() == 3 && !file.equals("SafeText")) {
              found.add(file + ": logs a failure, " + arguments.get(2));
            }
            arguments.stream().skip(1).limit(1).forEach(text -> word(text, "logs"));
          }
        }
        default -> {}
      }
      return super.visitMethodInvocation(call, nothing);
    }

    /** An argument between quotation marks was just given, and nobody has looked at it yet. */
    private void quoted(ExpressionTree before, ExpressionTree tree) {
      if (isText(before)
          && ((String) ((LiteralTree) before).getValue()).endsWith("'")
          && tree instanceof IdentifierTree name
          && "String".equals(arguments.peek().get(name.getName().toString()))) {
        found.add(file + ": quotes " + name);
      }
    }

    @Override
    public Void visitMemberReference(MemberReferenceTree reference, Void nothing) {
      String type = reference.getQualifierExpression().toString();
      if (Set.of("toString", "valueOf", "getMessage").contains(reference.getName().toString())
          && (type.equals("String")
              || (!isKnown(type) && !isSafe(reference.getQualifierExpression())))) {
        found.add(file + ": refers to " + reference);
      }
      return super.visitMemberReference(reference, nothing);
    }

    private void word(ExpressionTree tree, String how) {
      if (!isSafe(tree)) {
        found.add(file + ": " + how + " " + tree);
      }
    }

    private boolean isSafe(ExpressionTree tree) {
      if (tree instanceof ParenthesizedTree parenthesized) {
        return isSafe(parenthesized.getExpression());
      }
      if (tree instanceof ConditionalExpressionTree choice) {
        return isSafe(choice.getTrueExpression()) && isSafe(choice.getFalseExpression());
      }
      if (tree instanceof IdentifierTree name) {
        return isSafeName(name.getName().toString());
      }
      if (tree instanceof MemberSelectTree field
          && field.getExpression().toString().equals("this")) {
        return isSafeName(field.getIdentifier().toString());
      }
      if (tree instanceof MemberSelectTree field) {
        Set<String> types = returned.getOrDefault(field.getIdentifier() + "/field", Set.of());
        return types.isEmpty() || types.stream().anyMatch(ForeignText.this::isKnown);
      }
      if (tree instanceof MethodInvocationTree call) {
        if (nameOf(call).equals("requireNonNull")) {
          return isSafe(call.getArguments().get(0));
        }
        if (nameOf(call).equals("collect")) {
          return true; // what was mapped before is looked at by itself
        }
        Set<String> types = typesOf(call);
        return types.isEmpty() || types.stream().anyMatch(ForeignText.this::isKnown);
      }
      return true;
    }

    private Set<String> typesOf(MethodInvocationTree call) {
      String method = nameOf(call) + "/" + call.getArguments().size();
      if (!(call.getMethodSelect() instanceof MemberSelectTree select)) {
        return returned.getOrDefault(file + "." + method, returned.getOrDefault(method, Set.of()));
      }
      String receiver = select.getExpression().toString();
      String declared = typeOf(receiver.startsWith("this.") ? receiver.substring(5) : receiver);
      String type =
          declared == null ? receiver : declared.replaceAll("@Nullable |<.*|\\w+\\.", "").strip();
      boolean isType = Character.isUpperCase(type.charAt(0)) && !type.contains("(");
      if (isType && !type.contains(".")) {
        return returned.getOrDefault(type + "." + method, Set.of());
      }
      return returned.getOrDefault(method, Set.of());
    }

    private boolean isSafeName(String name) {
      String type = typeOf(name);
      return type == null || isKnown(type);
    }

    /** As it is declared; null where it is not, or without a type. */
    private @Nullable String typeOf(String name) {
      for (Map<String, String> scope : scopes) {
        String type = scope.get(name);
        if (type != null) {
          return type.equals("?") ? null : type;
        }
      }
      return null;
    }

    private static String nameOf(MethodInvocationTree call) {
      return call.getMethodSelect() instanceof MemberSelectTree select
          ? select.getIdentifier().toString()
          : call.getMethodSelect().toString();
    }
  }
}
