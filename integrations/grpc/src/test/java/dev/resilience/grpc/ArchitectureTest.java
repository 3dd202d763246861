package dev.resilience.grpc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** The two interceptors know the bridge and the statuses, and never the reverse. */
  @Test
  void classes_do_not_wait_for_each_other() {
    noClasses()
        .that()
        .haveSimpleNameStartingWith("Grpc")
        .should()
        .dependOnClassesThat()
        .haveSimpleNameEndingWith("Interceptor")
        .check(MAIN);
    noClasses()
        .that()
        .haveSimpleNameContaining("Client")
        .should()
        .dependOnClassesThat()
        .haveSimpleNameContaining("Server")
        .check(MAIN);
  }

  /** Stubs and transports are the user's. */
  @Test
  void only_the_api_of_grpc_is_used() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc.stub..", "io.grpc.internal..", "io.grpc.netty..")
        .check(MAIN);
  }
}
