package dev.resilience.examples.docs;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.concurrent.TaskResults;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The blocks of the pages on concurrency. */
class ConcurrentSnippetsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);

  @Nested
  class The_page_on_task_groups {

    record User(String name) {}

    record Order(String what) {}

    private final Users users = new Users();
    private final Shop shop = new Shop();
    private final Sources sources = new Sources();

    @Test
    void has_a_group_that_fails_fast() throws Exception {
      assertThat(time.run(() -> both(root, "7"))).isEqualTo("Ada [Order[what=tea]]");
    }

    private String both(Context ctx, String id) throws InterruptedException {
      try (var group = TaskGroup.open(ctx)) {
        Task<User> user = group.fork("user", c -> users.fetch(c, id));
        Task<List<Order>> orders = group.fork("orders", c -> shop.orders(c, id));
        group.join(); // a failure of one cancels the other
        return page(user.result(), orders.result());
      }
    }

    @Test
    void has_partial_results() throws Exception {
      assertThat(time.run(() -> partial(root.withTimeout(ofSeconds(6)), "7")))
          .isEqualTo("Ada, no history; group: 2 tasks, 1 done, 1 timed out");
    }

    private String partial(Context request, String id) throws InterruptedException {
      try (TaskGroup<String> group = TaskGroup.open(request, Ending.COLLECT_ALL)) {
        Task<String> profile = group.fork("profile", ofSeconds(2), c -> sources.profile(c, id));
        Task<String> history = group.fork("history", ofSeconds(10), c -> sources.history(c, id));
        TaskResults<String> results = group.join(); // at the deadline at the latest
        return profile.resultOr("guest") + ", " + history.resultOr("no history") + "; " + results;
      }
    }

    @Test
    void has_the_first_success() throws Exception {
      assertThat(time.run(() -> first(root, List.of("3", "1", "2")))).isEqualTo("from 1");
    }

    private String first(Context ctx, List<String> mirrors) throws InterruptedException {
      try (TaskGroup<String> group = TaskGroup.open(ctx, Ending.FIRST_SUCCESS)) {
        mirrors.forEach(mirror -> group.fork(mirror, c -> fetch(c, mirror)));
        return group.join().first();
      }
    }

    private String fetch(Context ctx, String mirror) throws InterruptedException {
      ctx.sleep(ofSeconds(Long.parseLong(mirror)));
      return "from " + mirror;
    }

    private String page(User user, List<Order> orders) {
      return user.name() + " " + orders;
    }

    class Users {
      User fetch(Context ctx, String id) throws InterruptedException {
        ctx.sleep(ofSeconds(1));
        return new User("Ada");
      }
    }

    class Shop {
      List<Order> orders(Context ctx, String id) throws InterruptedException {
        ctx.sleep(ofSeconds(2));
        return List.of(new Order("tea"));
      }
    }

    class Sources {
      String profile(Context ctx, String id) throws InterruptedException {
        ctx.sleep(ofSeconds(1));
        return "Ada";
      }

      String history(Context ctx, String id) throws InterruptedException {
        ctx.sleep(ofSeconds(8));
        return "long";
      }
    }
  }
}
