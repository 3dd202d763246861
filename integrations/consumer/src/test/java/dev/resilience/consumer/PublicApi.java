package dev.resilience.consumer;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Lists the public API of a module from its sources: what is public or protected in the packages
 * that it exports, as it was written, nullness included. Parses only, so it needs no class path and
 * says the same on each JDK.
 *
 * <p>Writes all listings anew when it is run: {@code java PublicApi.java}.
 */
final class PublicApi {

  private static final String LISTING = "api.txt";

  /** Annotations that are part of the contract; all others are ours. */
  private static final Set<String> CONTRACT =
      Set.of("Nullable", "MustBeClosed", "CheckReturnValue", "CanIgnoreReturnValue", "Deprecated");

  /** A type, and the file in which it stands. */
  private record Source(CompilationUnitTree unit, String text, ClassTree type) {}

  private final SourcePositions positions;
  private final Set<String> exports = new TreeSet<>();

  /** All top-level types, by package, then by name. */
  private final Map<String, Map<String, Source>> packages = new TreeMap<>();

  private PublicApi(Path module) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources = Files.walk(module.resolve("src/main/java"))) {
      List<Path> java = sources.filter(path -> path.toString().endsWith(".java")).toList();
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(java));
      positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        add(unit);
      }
    }
  }

  private void add(CompilationUnitTree unit) throws IOException {
    if (unit.getModule() != null) {
      unit.getModule().getDirectives().stream()
          .filter(directive -> directive instanceof ExportsTree exported && toAll(exported))
          .forEach(directive -> exports.add(((ExportsTree) directive).getPackageName().toString()));
      return;
    }
    String text = unit.getSourceFile().getCharContent(true).toString();
    for (Tree declared : unit.getTypeDecls()) {
      if (declared instanceof ClassTree type) {
        packages
            .computeIfAbsent(unit.getPackageName().toString(), name -> new TreeMap<>())
            .put(type.getSimpleName().toString(), new Source(unit, text, type));
      }
    }
  }

  private static boolean toAll(ExportsTree exported) {
    return exported.getModuleNames() == null || exported.getModuleNames().isEmpty();
  }

  // ---- the modules

  /** The folders of the modules that are published: those in the BOM. */
  static List<Path> published(Path root) throws IOException {
    String pom = Files.readString(root.resolve("pom.xml"));
    String bom = pom.substring(0, pom.indexOf("</dependencyManagement>"));
    List<Path> modules = new ArrayList<>();
    var lines = Pattern.compile("<module>(.*)</module>").matcher(pom);
    while (lines.find()) {
      Path module = root.resolve(lines.group(1));
      var own =
          Pattern.compile("</parent>\\s*<artifactId>(.*)</artifactId>")
              .matcher(Files.readString(module.resolve("pom.xml")));
      if (own.find() && bom.contains("<artifactId>" + own.group(1) + "</artifactId>")) {
        modules.add(module);
      }
    }
    return modules;
  }

  /** The file in which the API of a module is listed. */
  static Path listing(Path module) {
    return module.resolve(LISTING);
  }

  /** The API of a module as its sources have it. */
  static String of(Path module) throws IOException {
    return new PublicApi(module).list();
  }

  /**
   * Writes the listings of all published modules.
   *
   * @param args the folder of the root; default: the current one
   */
  public static void main(String[] args) throws IOException {
    for (Path module : published(Path.of(args.length == 0 ? "." : args[0]))) {
      Files.writeString(listing(module), of(module));
    }
  }

  // ---- the listing

  private String list() {
    StringBuilder out = new StringBuilder();
    packages.forEach(
        (name, types) -> {
          if (exports.isEmpty() || exports.contains(name)) {
            List<String> lines = new ArrayList<>();
            types.values().stream()
                .filter(source -> isVisible(source.type()) || isInherited(source, types.values()))
                .forEach(source -> list(source, source.type(), "", lines));
            if (!lines.isEmpty()) {
              out.append(out.isEmpty() ? "" : "\n").append("package ").append(name).append("\n");
              lines.forEach(line -> out.append(line).append('\n'));
            }
          }
        });
    return out.toString();
  }

  private static boolean isVisible(ClassTree type) {
    return type.getModifiers().getFlags().contains(Modifier.PUBLIC);
  }

  /** What a public type inherits from a hidden one is seen by users, too. */
  private static boolean isInherited(Source hidden, Collection<Source> types) {
    String name = hidden.type().getSimpleName().toString();
    return types.stream()
        .map(Source::type)
        .filter(PublicApi::isVisible)
        .flatMap(
            type ->
                Stream.concat(
                    Stream.ofNullable(type.getExtendsClause()),
                    type.getImplementsClause().stream()))
        .anyMatch(parent -> parent.toString().replaceAll("<.*", "").equals(name));
  }

  private void list(Source source, ClassTree type, String indent, List<String> lines) {
    if (indent.isEmpty()) {
      lines.add("");
    }
    lines.add(indent + header(source, type));
    String inner = indent + "  ";
    List<String> constants = new ArrayList<>();
    List<String> members = new ArrayList<>();
    boolean hasConstructor = false;
    for (Tree member : type.getMembers()) {
      if (member instanceof MethodTree method) {
        hasConstructor |= method.getName().contentEquals("<init>");
        if (isSeen(method.getModifiers(), type)) {
          members.add(inner + header(source, type, method));
        }
      } else if (member instanceof VariableTree field && isSeen(field.getModifiers(), type)) {
        if (isConstant(source, type, field)) {
          constants.add(inner + field.getName());
        } else {
          members.add(inner + header(source, field));
        }
      }
    }
    if (type.getKind() == Tree.Kind.CLASS && !hasConstructor) {
      members.add(inner + type.getSimpleName() + "() // implicit");
    }
    lines.addAll(constants); // in their order, which is compareTo's
    members.stream().sorted(Comparator.naturalOrder()).forEach(lines::add);
    type.getMembers().stream()
        .filter(member -> member instanceof ClassTree nested && isSeen(nested.getModifiers(), type))
        .map(ClassTree.class::cast)
        .sorted(Comparator.comparing(nested -> nested.getSimpleName().toString()))
        .forEach(nested -> list(source, nested, inner, lines));
  }

  private static boolean isSeen(ModifiersTree modifiers, ClassTree owner) {
    Set<Modifier> flags = modifiers.getFlags();
    boolean isInterface =
        owner.getKind() == Tree.Kind.INTERFACE || owner.getKind() == Tree.Kind.ANNOTATION_TYPE;
    boolean isExtensible =
        owner.getKind() == Tree.Kind.CLASS
            && !owner.getModifiers().getFlags().contains(Modifier.FINAL);
    return flags.contains(Modifier.PUBLIC)
        || (isInterface && !flags.contains(Modifier.PRIVATE))
        || (isExtensible && flags.contains(Modifier.PROTECTED));
  }

  private boolean isConstant(Source source, ClassTree type, VariableTree field) {
    return type.getKind() == Tree.Kind.ENUM
        && source.text().startsWith(field.getName().toString(), start(source, field));
  }

  private String header(Source source, ClassTree type) {
    int from = afterModifiers(source, type, type.getModifiers());
    return prefix(type.getModifiers())
        + tidy(source.text().substring(from, source.text().indexOf('{', from)));
  }

  private String header(Source source, ClassTree type, MethodTree method) {
    int from = afterModifiers(source, method, method.getModifiers());
    int to = method.getBody() == null ? end(source, method) : start(source, method.getBody());
    String text = tidy(source.text().substring(from, to));
    boolean isCompact = method.getName().contentEquals("<init>") && !text.contains("(");
    return prefix(method.getModifiers())
        + (isCompact ? type.getSimpleName() + "(...) // compact" : text);
  }

  /** A field with its value where that is a literal, which compilers copy into users' classes. */
  private String header(Source source, VariableTree field) {
    int from = afterModifiers(source, field, field.getModifiers());
    int to =
        field.getInitializer() == null || field.getInitializer() instanceof LiteralTree
            ? end(source, field)
            : source.text().indexOf('=', from);
    return prefix(field.getModifiers()) + tidy(source.text().substring(from, to));
  }

  private static String prefix(ModifiersTree modifiers) {
    String annotations =
        modifiers.getAnnotations().stream()
            .map(AnnotationTree::getAnnotationType)
            .map(Object::toString)
            .filter(CONTRACT::contains)
            .map(name -> "@" + name + " ")
            .sorted()
            .collect(Collectors.joining());
    return annotations
        + modifiers.getFlags().stream()
            .sorted()
            .map(flag -> flag + " ")
            .collect(Collectors.joining());
  }

  private int afterModifiers(Source source, Tree declaration, ModifiersTree modifiers) {
    int end = end(source, modifiers);
    return end < 0 ? start(source, declaration) : end;
  }

  private int start(Source source, Tree tree) {
    return (int) positions.getStartPosition(source.unit(), tree);
  }

  private int end(Source source, Tree tree) {
    return (int) positions.getEndPosition(source.unit(), tree);
  }

  private static String tidy(String text) {
    return text.replaceAll("//[^\n]*|(?s:/\\*.*?\\*/)|\\bfinal ", " ")
        .replaceAll("\\s+", " ")
        .replaceAll("([(<]) ", "$1")
        .replaceAll(" ([)>,;])", "$1")
        .replaceAll(" ?;$", "")
        .strip();
  }
}
