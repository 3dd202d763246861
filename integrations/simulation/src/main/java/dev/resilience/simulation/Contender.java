package dev.resilience.simulation;

import dev.resilience.Resilience;
import dev.resilience.error.RejectedException;
import java.util.Objects;
import java.util.function.Function;

/**
 * A way to make clients, and how the services in a chain treat deadlines. Opened anew for each
 * service of each run.
 */
public interface Contender {

  /** In tables. */
  String name();

  /** Makes the client of one service. */
  Client open(ClientSetup setup);

  /**
   * Whether a request tells the service how much time is left: the service then drops what has
   * expired before it begins, and its own calls have no more time than that. Default: no.
   */
  default boolean passesDeadlines() {
    return false;
  }

  /**
   * Whether a service that is told the time left also refuses what would take it longer by its
   * usual duration. Default: no.
   */
  default boolean refusesHopeless() {
    return false;
  }

  /**
   * Whether a failure says that the client has refused to send. Default: whether it is a {@link
   * RejectedException}.
   */
  default boolean isRefusal(Throwable failure) {
    return failure instanceof RejectedException;
  }

  /**
   * What a service answers whose own call to the next one failed: that it was refused, if it was,
   * and otherwise an error.
   */
  default int statusOf(Throwable failure) {
    boolean refused =
        isRefusal(failure) || (failure instanceof ServiceException answer && answer.isRefusal());
    return refused ? ServiceException.REFUSED : ServiceException.ERROR;
  }

  /** A client that calls through a stack. */
  static Contender of(String name, Function<ClientSetup, Resilience> stack) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(stack, "stack");
    return new Contender() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Client open(ClientSetup setup) {
        Resilience calls = stack.apply(setup);
        return (ctx, exchange) -> calls.callAsync(ctx, exchange::send);
      }

      @Override
      public String toString() {
        return name;
      }
    };
  }

  /**
   * The same client, in a chain whose services hear the time left with each request.
   *
   * @param refusing whether they refuse what would take them longer
   */
  default Contender tellingTimeLeft(boolean refusing) {
    Contender untold = this;
    return new Contender() {
      @Override
      public String name() {
        return untold.name() + (refusing ? "+refusing" : "+telling");
      }

      @Override
      public Client open(ClientSetup setup) {
        return untold.open(setup);
      }

      @Override
      public boolean passesDeadlines() {
        return true;
      }

      @Override
      public boolean refusesHopeless() {
        return refusing;
      }

      @Override
      public boolean isRefusal(Throwable failure) {
        return untold.isRefusal(failure);
      }
    };
  }

  /** A client that does nothing but send one request. */
  static Contender nothing() {
    return of("nothing", setup -> Resilience.of());
  }
}
