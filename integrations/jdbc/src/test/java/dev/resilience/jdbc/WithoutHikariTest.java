package dev.resilience.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** HikariCP is optional. */
class WithoutHikariTest {

  /** Runs in a class loader that has none. */
  public static final class Probe implements Callable<List<Integer>> {

    @Override
    public List<Integer> call() throws Exception {
      JdbcDataSource h2 = new JdbcDataSource();
      h2.setUrl("jdbc:h2:mem:");
      return Database.of(h2)
          .query(dev.resilience.context.Context.background(), "select 1", row -> row.getInt(1));
    }
  }

  @Test
  void works_without_it() throws Exception {
    ClassLoader without = new Without(getClass().getClassLoader());
    Object probe =
        Class.forName(Probe.class.getName(), true, without).getDeclaredConstructor().newInstance();

    assertThat(probe.getClass()).isNotEqualTo(Probe.class);
    assertThat(((Callable<?>) probe).call()).isEqualTo(List.of(1));
  }

  private static final class Without extends ClassLoader {

    private final ClassLoader all;

    Without(ClassLoader all) {
      super(all);
      this.all = all;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("com.zaxxer")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("dev.resilience.jdbc")) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      try (InputStream in = all.getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
