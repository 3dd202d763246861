package dev.resilience.queue;

import dev.resilience.context.Criticality;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The waiting calls before a limit, and in which order they are served.
 *
 * <ul>
 *   <li>The more critical first.
 *   <li>Among equals, one tenant after the other, so that each gets the same share of what there
 *       is, however many calls it has waiting.
 *   <li>Of one tenant the oldest first, as long as the queue moves. When the oldest has waited for
 *       longer than {@code standsAfter}, the queue <em>stands</em>: more comes than can be served.
 *       Then the newest goes first, because it has the most time left; first come, first served
 *       would serve everybody just too late. (B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.)
 * </ul>
 *
 * <p>Whoever cannot be served in time is a burden to all: {@link #takeHopeless} finds these.
 *
 * <p>Not thread-safe: guarded by the lock of its owner. Calls no user code; tenants are strings for
 * this reason. To add, to remove and to find the next are O(1), to judge all is linear.
 */
public final class WaitQueue {

  /** How long a ticket has to wait yet, and how long its call will take. */
  public interface Outlook {

    /**
     * Nanoseconds until a ticket is served.
     *
     * @param unitsBefore what those take who are served before it
     * @param units what it takes itself
     */
    long waitFor(long unitsBefore, int units);

    /** How long a call usually takes, once it is let in; nanoseconds. */
    long workTime();
  }

  private final long standsAfter;

  /** From the most critical to the least, each with its tenants in the order of their turns. */
  private final Map<Criticality, Map<String, TenantQueue>> levels =
      new EnumMap<>(Criticality.class);

  private int size;
  private long units;

  /**
   * An empty queue.
   *
   * @param standsAfter in nanoseconds; {@link Long#MAX_VALUE}: always the oldest first
   */
  public WaitQueue(long standsAfter) {
    this.standsAfter = standsAfter;
    for (Criticality criticality : Criticality.values()) {
      levels.put(criticality, new LinkedHashMap<>());
    }
  }

  /** How many wait. */
  public int size() {
    return size;
  }

  /** Whether nobody waits. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** What all take together. */
  public long units() {
    return units;
  }

  /** Whether somebody may have to wait for longer because of the last to come. */
  public boolean isAhead(Ticket last) {
    TenantQueue only = last.queue;
    return only == null || only.size() < size || only.newest() != last;
  }

  /** The last to come. */
  public void add(Ticket ticket) {
    levelOf(ticket).computeIfAbsent(ticket.tenant, TenantQueue::new).add(ticket);
    ticket.hasWaited = true;
    size++;
    units += ticket.units;
  }

  /** Takes a ticket off the queue, wherever it stands. False: it does not stand here. */
  public boolean remove(Ticket ticket) {
    TenantQueue tenant = ticket.queue;
    if (tenant == null) {
      return false;
    }
    tenant.remove(ticket);
    ticket.stopTimer();
    size--;
    units -= ticket.units;
    if (tenant.size() == 0) {
      levelOf(ticket).remove(tenant.tenant);
    }
    return true;
  }

  /** Who is to be served next; null where nobody waits. */
  public @Nullable Ticket next(long now) {
    for (Map<String, TenantQueue> level : levels.values()) {
      if (!level.isEmpty()) {
        TenantQueue tenant = level.values().iterator().next();
        return tenant.stands(now, standsAfter) ? tenant.newest() : tenant.oldest();
      }
    }
    return null;
  }

  /** Takes off who is served, and gives the next turn to the next tenant. */
  public void serve(Ticket ticket) {
    TenantQueue tenant = ticket.queue;
    remove(ticket);
    if (tenant != null && tenant.size() > 0) {
      Map<String, TenantQueue> level = levelOf(ticket);
      level.remove(tenant.tenant);
      level.put(tenant.tenant, tenant);
    }
  }

  /**
   * The caller to refuse first when one too many waits: of the least critical, one of the tenant
   * with the most waiting, and of these the one that is served last.
   */
  public @Nullable Ticket leastWanted(long now) {
    TenantQueue longest = null;
    for (Map<String, TenantQueue> level : levels.values()) {
      // The last level that is not empty decides.
      longest = level.isEmpty() ? longest : longestOf(level);
    }
    if (longest == null) {
      return null;
    }
    return longest.stands(now, standsAfter) ? longest.oldest() : longest.newest();
  }

  private static @Nullable TenantQueue longestOf(Map<String, TenantQueue> level) {
    TenantQueue longest = null;
    for (TenantQueue tenant : level.values()) {
      if (longest == null || tenant.size() >= longest.size()) {
        longest = tenant;
      }
    }
    return longest;
  }

  private Map<String, TenantQueue> levelOf(Ticket ticket) {
    return Objects.requireNonNull(levels.get(ticket.criticality));
  }

  /**
   * Takes off all who can no longer be served in time, as things look now. Those who go make room
   * for those behind them.
   */
  public List<Ticket> takeHopeless(long now, Outlook outlook) {
    List<Ticket> hopeless = new ArrayList<>();
    long[] before = {0};
    long work = outlook.workTime();
    for (Ticket ticket : inOrder(now)) {
      if (ticket.isHopeless(now, outlook.waitFor(before[0], ticket.units), work)) {
        hopeless.add(ticket);
      } else {
        before[0] += ticket.units;
      }
    }
    hopeless.forEach(this::remove);
    return hopeless;
  }

  /**
   * What those take who are served before a ticket, as things are now. Linear, but for one who came
   * last where all are of one kind.
   */
  public long unitsBefore(Ticket wanted, long now) {
    TenantQueue only = wanted.queue;
    if (only != null && only.size() == size && wanted == only.newest()) {
      return only.stands(now, standsAfter) ? 0 : units - wanted.units;
    }
    long before = 0;
    for (Ticket ticket : inOrder(now)) {
      if (ticket == wanted) {
        return before;
      }
      before += ticket.units;
    }
    return before;
  }

  /** All, in the order in which they would be served if nobody came and nobody went. */
  private List<Ticket> inOrder(long now) {
    List<Ticket> order = new ArrayList<>(size);
    for (Map<String, TenantQueue> level : levels.values()) {
      ArrayDeque<Iterator<Ticket>> round = new ArrayDeque<>(level.size());
      for (TenantQueue tenant : level.values()) {
        round.add(new InOrder(tenant, now));
      }
      while (!round.isEmpty()) {
        Iterator<Ticket> tenant = round.remove();
        order.add(tenant.next());
        if (tenant.hasNext()) {
          round.add(tenant);
        }
      }
    }
    return order;
  }

  private final class InOrder implements Iterator<Ticket> {

    private final boolean newestFirst;
    private @Nullable Ticket next;

    InOrder(TenantQueue tenant, long now) {
      newestFirst = tenant.stands(now, standsAfter);
      next = newestFirst ? tenant.newest() : tenant.oldest();
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Ticket next() {
      Ticket ticket = next;
      if (ticket == null) {
        throw new java.util.NoSuchElementException();
      }
      next = newestFirst ? ticket.older : ticket.newer;
      return ticket;
    }
  }
}
