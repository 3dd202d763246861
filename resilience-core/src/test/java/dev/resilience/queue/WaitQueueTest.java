package dev.resilience.queue;

import static dev.resilience.context.Criticality.CRITICAL;
import static dev.resilience.context.Criticality.CRITICAL_PLUS;
import static dev.resilience.context.Criticality.SHEDDABLE;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.Key;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WaitQueueTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);
  private static final long MILLI = 1_000_000;

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final WaitQueue queue = new WaitQueue(10 * MILLI);
  private final AdmissionQueue owner = new NothingToBeHad();
  private final Map<Ticket, String> names = new HashMap<>();

  private Ticket ticket(String name, Context ctx) {
    Ticket ticket = new Ticket(owner, ctx, 1, true, Long.MAX_VALUE, TENANT, time.nanoTime());
    names.put(ticket, name);
    queue.add(ticket);
    return ticket;
  }

  private void add(String name, Context ctx) {
    assertThat(ticket(name, ctx).isWaiting()).isTrue();
  }

  private void add(String name, Criticality criticality, String tenant) {
    add(name, criticality.in(root).withValue(TENANT, tenant));
  }

  private List<String> served() {
    List<String> order = new ArrayList<>();
    for (Ticket next = queue.next(time.nanoTime());
        next != null;
        next = queue.next(time.nanoTime())) {
      queue.serve(next);
      order.add(names.get(next));
    }
    assertThat(queue.size()).isZero();
    assertThat(queue.units()).isZero();
    return order;
  }

  @Nested
  class Order {

    @Test
    void is_that_of_arrival_while_the_queue_moves() {
      add("first", root);
      time.advance(ofMillis(9));
      add("second", root);
      assertThat(served()).containsExactly("first", "second");
    }

    @Test
    void is_newest_first_once_the_oldest_has_waited_for_long() {
      add("first", root);
      time.advance(ofMillis(5));
      add("second", root);
      time.advance(ofMillis(6));
      add("third", root);
      assertThat(names.get(queue.next(time.nanoTime()))).isEqualTo("third");
    }

    @Test
    void is_by_criticality_first() {
      add("prefetch", SHEDDABLE, "a");
      add("page", CRITICAL, "a");
      add("payment", CRITICAL_PLUS, "a");
      assertThat(served()).containsExactly("payment", "page", "prefetch");
    }

    @Test
    void lets_tenants_take_turns() {
      for (int i = 1; i <= 4; i++) {
        add("greedy " + i, CRITICAL, "greedy");
      }
      add("modest", CRITICAL, "modest");
      assertThat(served())
          .containsExactly("greedy 1", "modest", "greedy 2", "greedy 3", "greedy 4");
    }

    @Test
    void survives_those_who_leave_from_anywhere() {
      Ticket first = ticket("first", root);
      add("second", root);
      Ticket third = ticket("third", root);
      add("fourth", root);
      assertThat(queue.remove(third)).isTrue();
      assertThat(queue.remove(first)).isTrue();
      assertThat(queue.remove(first)).isFalse();
      assertThat(served()).containsExactly("second", "fourth");
    }
  }

  @Nested
  class The_least_wanted {

    private String leastWanted() {
      return names.get(queue.leastWanted(time.nanoTime()));
    }

    @Test
    void is_the_newest_while_the_queue_moves_and_the_oldest_while_it_stands() {
      add("first", root);
      add("second", root);
      assertThat(leastWanted()).isEqualTo("second");
      time.advance(ofMillis(11));
      assertThat(leastWanted()).isEqualTo("first");
    }

    @Test
    void is_the_least_critical() {
      add("prefetch", SHEDDABLE, "a");
      add("page", CRITICAL, "a");
      assertThat(leastWanted()).isEqualTo("prefetch");
    }

    @Test
    void is_of_the_tenant_with_the_most_waiting() {
      add("greedy 1", CRITICAL, "greedy");
      add("greedy 2", CRITICAL, "greedy");
      add("modest", CRITICAL, "modest");
      assertThat(leastWanted()).isEqualTo("greedy 2");
    }
  }

  @Nested
  class The_hopeless {

    /** Each is served after so many milliseconds for each before it, and takes 10 ms then. */
    private WaitQueue.Outlook each(long millis) {
      return new WaitQueue.Outlook() {
        @Override
        public long waitFor(long unitsBefore, int units) {
          return unitsBefore * millis * MILLI;
        }

        @Override
        public long workTime() {
          return 10 * MILLI;
        }
      };
    }

    private List<String> hopeless(long millisEach) {
      return queue.takeHopeless(time.nanoTime(), each(millisEach)).stream()
          .map(names::get)
          .toList();
    }

    private void addWithTimeLeft(String name, long millis) {
      add(name, root.withTimeout(Duration.ofMillis(millis)));
    }

    @Test
    void are_those_who_cannot_be_served_before_their_deadline() {
      addWithTimeLeft("now", 11);
      addWithTimeLeft("too late already", 10);
      addWithTimeLeft("after one", 16);
      assertThat(hopeless(5)).containsExactly("too late already");
      assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void make_room_for_those_behind_them() {
      addWithTimeLeft("first", 100);
      addWithTimeLeft("hopeless", 50);
      addWithTimeLeft("behind", 51);
      assertThat(hopeless(40)).containsExactly("hopeless");
    }

    @Test
    void become_more_when_the_outlook_gets_worse() {
      addWithTimeLeft("first", 100);
      addWithTimeLeft("second", 100);
      addWithTimeLeft("third", 100);
      assertThat(hopeless(40)).isEmpty();
      assertThat(hopeless(45)).containsExactly("third");
      assertThat(hopeless(90)).containsExactly("second");
    }
  }

  /** Nobody is ever let in. */
  private final class NothingToBeHad extends AdmissionQueue {

    NothingToBeHad() {
      super(10 * MILLI);
    }

    @Override
    protected long now() {
      return time.nanoTime();
    }

    @Override
    protected boolean tryTake(Ticket ticket, long now) {
      return false;
    }

    @Override
    protected void giveBack(Ticket ticket, long now) {}

    @Override
    protected WaitQueue.Outlook outlook(long now) {
      throw new AssertionError("not asked");
    }

    @Override
    protected void changed(long now) {}

    @Override
    protected void refused(Ticket ticket) {}

    @Override
    public String name() {
      return "queue";
    }

    @Override
    protected RuntimeException refusal(Ticket ticket) {
      return new IllegalStateException("refused");
    }
  }
}
