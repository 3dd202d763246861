package dev.resilience.jdbc;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.SafeText;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection, its statements and its result sets as others see them: those of the driver, but for
 * the methods that ask the server, which end with the context.
 *
 * <p>Made by {@link Proxy}: the four interfaces have some 500 methods, of which a dozen are of
 * interest here, and each JDK may add some. {@link Session} goes without them.
 */
abstract class BoundConnection implements InvocationHandler {

  private static final @Nullable Object[] NONE = {};

  private final Loan loan;
  private final Object delegate;
  private final Class<?> type;

  private BoundConnection(Loan loan, Object delegate, Class<?> type) {
    this.loan = loan;
    this.delegate = delegate;
    this.type = type;
  }

  /**
   * The connection of a loan.
   *
   * @param owns whether closing it ends the loan
   */
  static Connection of(Loan loan, boolean owns) {
    return new OfConnection(loan, owns).proxy(Connection.class);
  }

  final <T> T proxy(Class<T> shown) {
    return shown.cast(
        Proxy.newProxyInstance(
            BoundConnection.class.getClassLoader(), new Class<?>[] {shown}, this));
  }

  @Override
  public final @Nullable Object invoke(
      Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
    @Nullable Object[] arguments = given == null ? NONE : given;
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> proxy == arguments[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> type.getSimpleName() + " under a context, of " + SafeText.of(delegate);
      };
    }
    if (method.getDeclaringClass() == java.sql.Wrapper.class) {
      Class<?> wanted = (Class<?>) arguments[0];
      if (wanted != null && wanted.isInstance(delegate)) {
        return method.getName().equals("unwrap") ? delegate : (Object) true;
      }
      return invokeDelegate(method, arguments);
    }
    return invokeBound(proxy, method, arguments);
  }

  abstract @Nullable Object invokeBound(Object proxy, Method method, @Nullable Object[] arguments)
      throws Throwable;

  /** As the driver does it. */
  final @Nullable Object invokeDelegate(Method method, @Nullable Object[] arguments)
      throws SQLException {
    try {
      return method.invoke(delegate, arguments);
    } catch (InvocationTargetException failed) {
      throw Rethrow.<SQLException>asIs(failed.getTargetException());
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** As {@link #invokeDelegate}, where the watch runs it. */
  @SuppressWarnings("NullAway") // some methods return null, and the watch takes that
  final Object watched(Method method, @Nullable Object[] arguments) throws SQLException {
    return invokeDelegate(method, arguments);
  }

  /** What is of no interest; it may fail because the context has ended. */
  final @Nullable Object pass(Method method, @Nullable Object[] arguments) throws SQLException {
    try {
      return invokeDelegate(method, arguments);
    } catch (Throwable failure) {
      throw Rethrow.<SQLException>asIs(loan.watch().seen(failure));
    }
  }

  /** The connection is closed; by the end of its context, where that has ended. */
  final RuntimeException closed() throws SQLException {
    throw Rethrow.<SQLException>asIs(
        loan.watch()
            .seen(new SQLNonTransientConnectionException("the connection is closed", "08003")));
  }

  final Loan loan() {
    return loan;
  }

  private static final class OfConnection extends BoundConnection {

    private final boolean owns;

    /** Closed by this user; the loan may go on. */
    private volatile boolean closed;

    OfConnection(Loan loan, boolean owns) {
      super(loan, loan.raw(), Connection.class);
      this.owns = owns;
    }

    @Override
    @Nullable Object invokeBound(Object proxy, Method method, @Nullable Object[] arguments)
        throws Throwable {
      return switch (method.getName()) {
        case "close" -> close();
        case "isClosed" -> isClosed() || isTrue(invokeDelegate(method, arguments));
        case "isValid" ->
            !isClosed() && loan().watch().afterwards(() -> isTrue(watched(method, arguments)));
        case "abort" -> {
          loan().abandon();
          yield invokeDelegate(method, arguments);
        }
        default -> {
          checkOpen();
          yield invokeOpen(proxy, method, arguments);
        }
      };
    }

    private @Nullable Object close() {
      closed = true;
      if (owns) {
        loan().close();
      }
      return null;
    }

    private @Nullable Object invokeOpen(Object proxy, Method method, @Nullable Object[] arguments)
        throws SQLException {
      return switch (method.getName()) {
        case "commit" -> {
          loan().commit();
          yield null;
        }
        case "rollback" -> loan().watch().afterwards(() -> watched(method, arguments));
        case "setAutoCommit" -> setAutoCommit(method, arguments);
        case "createStatement", "prepareStatement", "prepareCall" -> {
          loan().context().throwIfDone();
          Statement statement =
              (Statement) requireNonNull(pass(method, arguments), method.getName());
          yield new OfStatement(loan(), (Connection) proxy, statement).shown();
        }
        case "setSavepoint", "setSchema", "setCatalog", "setTransactionIsolation" ->
            loan().watch().uncancelled(() -> watched(method, arguments));
        default -> pass(method, arguments);
      };
    }

    /** To switch it on commits what is under way; nothing of an ended context is committed. */
    private @Nullable Object setAutoCommit(Method method, @Nullable Object[] arguments)
        throws SQLException {
      return loan()
          .watch()
          .afterwards(
              () -> {
                if (loan().context().isDone() && !loan().raw().getAutoCommit()) {
                  loan().raw().rollback();
                }
                return watched(method, arguments);
              });
    }

    private static boolean isTrue(@Nullable Object answer) {
      return Boolean.TRUE.equals(answer);
    }

    private boolean isClosed() {
      return closed || loan().isClosed();
    }

    private void checkOpen() throws SQLException {
      if (isClosed()) {
        throw closed();
      }
    }
  }

  private static final class OfStatement extends BoundConnection {

    private final Connection connection;
    private final Statement statement;
    private @Nullable Statement proxy;

    OfStatement(Loan loan, Connection connection, Statement statement) {
      super(loan, statement, shownAs(statement));
      this.connection = connection;
      this.statement = statement;
    }

    private static Class<? extends Statement> shownAs(Statement statement) {
      if (statement instanceof CallableStatement) {
        return CallableStatement.class;
      }
      return statement instanceof PreparedStatement ? PreparedStatement.class : Statement.class;
    }

    Statement shown() {
      Statement made = proxy(shownAs(statement));
      proxy = made;
      return made;
    }

    @Override
    @Nullable Object invokeBound(Object self, Method method, @Nullable Object[] arguments)
        throws Throwable {
      String name = method.getName();
      if (name.equals("getConnection")) {
        return connection;
      }
      if (name.equals("close")) {
        return invokeDelegate(method, arguments);
      }
      if (loan().isClosed()) {
        throw closed();
      }
      Object result =
          name.startsWith("execute")
              ? loan().execute(statement, () -> watched(method, arguments))
              : pass(method, arguments);
      return result instanceof ResultSet rows ? new OfRows(loan(), this, rows).shown() : result;
    }
  }

  private static final class OfRows extends BoundConnection {

    /** What may ask the server. */
    private static final Set<String> ASKING =
        Set.of(
            "next",
            "previous",
            "first",
            "last",
            "beforeFirst",
            "afterLast",
            "absolute",
            "relative",
            "insertRow",
            "updateRow",
            "deleteRow",
            "refreshRow");

    private final OfStatement owner;

    OfRows(Loan loan, OfStatement owner, ResultSet rows) {
      super(loan, rows, ResultSet.class);
      this.owner = owner;
    }

    ResultSet shown() {
      return proxy(ResultSet.class);
    }

    @Override
    @Nullable Object invokeBound(Object proxy, Method method, @Nullable Object[] arguments)
        throws Throwable {
      String name = method.getName();
      if (ASKING.contains(name)) {
        return loan().watch().execute(owner.statement, () -> watched(method, arguments));
      }
      if (name.equals("getStatement")) {
        return owner.proxy;
      }
      return name.equals("close") ? invokeDelegate(method, arguments) : pass(method, arguments);
    }
  }
}
