package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RejectedException;
import dev.resilience.time.Participant;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ResourcePoolTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(17);
  private final Context root = Context.background(time);
  private final AtomicInteger opened = new AtomicInteger();
  private final List<String> closed = new CopyOnWriteArrayList<>();

  @FunctionalInterface
  private interface Program {
    void run() throws Exception;
  }

  private void run(Program program) throws Exception {
    time.run(
        () -> {
          program.run();
          return null;
        });
  }

  private ResourcePool.Builder<String> builder() {
    return ResourcePool.<String>builder("db", c -> "c" + opened.incrementAndGet())
        .size(2)
        .closer((c, resource) -> closed.add(resource));
  }

  @Nested
  class A_resource {

    @Test
    void is_lent_again() throws Exception {
      run(
          () -> {
            try (var pool = builder().open(root)) {
              for (int i = 0; i < 5; i++) {
                try (Loan<String> loan = pool.borrow(root)) {
                  assertThat(loan.get()).isEqualTo("c1");
                }
              }
              root.sleep(ofSeconds(1));
              // C6: giving back closes nothing.
              assertThat(closed).isEmpty();
              assertThat(pool.snapshot())
                  .hasToString(
                      "1 idle, 0 lent, 0 waiting, 1 opened, 0 closed, 0 revoked, 0 refused");
            }
          });
    }

    /** C7 and C8. */
    @Test
    void is_lost_by_a_borrower_whose_context_ends_and_never_lent_again() throws Exception {
      var revoked = new CopyOnWriteArrayList<Loan<?>>();
      run(
          () -> {
            var listener =
                new ResourcePoolListener() {
                  @Override
                  public void onRevoked(Loan<?> loan) {
                    revoked.add(loan);
                  }
                };
            try (var pool = builder().listener(listener).open(root)) {
              var request = root.withTimeout(ofMillis(10));
              Loan<String> loan = pool.borrow(request);
              assertThat(loan.get()).isEqualTo("c1");
              root.sleep(ofMillis(20));
              assertThat(loan.isRevoked()).isTrue();
              assertThatThrownBy(loan::get)
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessage("db: the resource was revoked, for its borrower's context has ended");
              assertThat(closed).containsExactly("c1");
              assertThat(revoked).containsExactly(loan);
              loan.close(); // late, and without effect
              loan.discard();
              try (Loan<String> next = pool.borrow(root)) {
                assertThat(next.get()).isEqualTo("c2");
              }
              assertThat(closed).containsExactly("c1");
              assertThat(pool.snapshot().lent()).isZero();
            }
          });
    }

    @Test
    void that_comes_back_under_an_ended_context_is_closed() throws Exception {
      run(
          () -> {
            try (var pool = builder().open(root)) {
              var request = root.withCancel();
              Loan<String> loan = pool.borrow(request);
              request.cancel(CancelReason.USER);
              loan.close();
              root.sleep(ofMillis(1));
              assertThat(closed).containsExactly("c1");
              assertThat(pool.snapshot().idle()).isZero();
            }
          });
    }

    @Test
    void is_given_back_once() throws Exception {
      run(
          () -> {
            try (var pool = builder().open(root)) {
              Loan<String> loan = pool.borrow(root);
              loan.close();
              loan.close();
              assertThatThrownBy(loan::get).hasMessage("db: the resource was given back");
              Loan<String> one = pool.borrow(root);
              Loan<String> two = pool.borrow(root);
              assertThat(Set.of(one.get(), two.get())).hasSize(2);
              one.discard();
              root.sleep(ofMillis(1));
              assertThat(closed).containsExactly("c1");
              two.close();
            }
          });
    }

    /** C9: the age counts from the opening. */
    @Test
    void goes_when_it_is_old() throws Exception {
      run(
          () -> {
            try (var pool = builder().maxAge(ofSeconds(60)).maintenance(ofSeconds(10)).open(root)) {
              for (int i = 0; i < 7; i++) {
                try (Loan<String> loan = pool.borrow(root)) {
                  assertThat(loan.get()).isEqualTo(i < 6 ? "c1" : "c2");
                  root.sleep(ofSeconds(10));
                }
              }
              root.sleep(ofSeconds(1));
              assertThat(closed).containsExactly("c1");
              root.sleep(ofSeconds(70)); // nobody asks
              assertThat(closed).containsExactly("c1", "c2");
            }
          });
    }

    @Test
    void that_is_not_valid_any_more_is_replaced() throws Exception {
      run(
          () -> {
            try (var pool =
                builder()
                    .validator(
                        resource -> {
                          if (resource.equals("c1")) {
                            throw new IllegalStateException("gone");
                          }
                          return true;
                        })
                    .open(root)) {
              pool.borrow(root).close();
              try (Loan<String> loan = pool.borrow(root)) {
                assertThat(loan.get()).isEqualTo("c2");
              }
              root.sleep(ofMillis(1));
              assertThat(closed).containsExactly("c1");
            }
          });
    }

    @Test
    void is_kept_ready_in_the_background() throws Exception {
      run(
          () -> {
            try (var pool = builder().size(5).minIdle(3).maintenance(ofSeconds(1)).open(root)) {
              root.sleep(ofMillis(1));
              assertThat(pool.snapshot().idle()).isEqualTo(3);
              var request = root.withCancel();
              pool.borrow(request);
              pool.borrow(request);
              request.cancel();
              root.sleep(ofSeconds(2));
              assertThat(pool.snapshot().idle()).isEqualTo(3);
              assertThat(opened).hasValue(5);
            }
          });
    }

    @Test
    void that_cannot_be_opened_keeps_no_place() throws Exception {
      run(
          () -> {
            ResourcePool<String> pool =
                ResourcePool.<String>builder(
                        "db",
                        c -> {
                          throw new IOException("refused");
                        })
                    .size(1)
                    .open(root);
            for (int i = 0; i < 3; i++) {
              assertThatThrownBy(() -> pool.borrow(root)).hasMessage("refused");
            }
            assertThat(pool.snapshot().lent()).isZero();
            pool.close();
          });
    }

    @Test
    void whose_closer_hangs_is_interrupted_and_frees_its_place() throws Exception {
      run(
          () -> {
            try (var pool =
                builder().size(1).closer((c, r) -> root.sleep(ofSeconds(99))).open(root)) {
              pool.borrow(root).discard();
              assertThat(pool.borrow(root).get()).isEqualTo("c2");
              assertThat(time.elapsed()).isEqualTo(ofSeconds(5));
            }
          });
    }
  }

  @Nested
  class A_borrower {

    @Test
    void waits_in_line_until_its_context_ends() throws Exception {
      run(
          () -> {
            try (var pool = builder().size(1).open(root)) {
              var order = new ArrayList<String>();
              Loan<String> first = pool.borrow(root);
              for (String name : List.of("a", "b")) {
                time.start(
                    name,
                    () -> {
                      try (Loan<String> loan = pool.borrow(root)) {
                        order.add(name + " " + loan.get());
                        root.sleep(ofMillis(5));
                      }
                    });
                root.sleep(ofMillis(1));
              }
              assertThatThrownBy(() -> pool.borrow(root.withTimeout(ofMillis(10))))
                  .isInstanceOf(DeadlineExceededException.class);
              assertThat(time.elapsed()).isEqualTo(ofMillis(12));
              first.close();
              root.sleep(ofMillis(50));
              assertThat(order).containsExactly("a c1", "b c1");
            }
          });
    }

    @Test
    void is_refused_at_once_when_none_would_come_free_in_time() throws Exception {
      run(
          () -> {
            try (var pool = builder().size(1).open(root)) {
              for (int i = 0; i < 10; i++) {
                try (Loan<String> unused = pool.borrow(root)) {
                  root.sleep(ofMillis(100));
                }
              }
              Loan<String> loan = pool.borrow(root);
              Duration before = time.elapsed();
              assertThatThrownBy(() -> pool.borrow(root.withTimeout(ofMillis(50))))
                  .isInstanceOf(NoTimeLeftException.class)
                  .hasMessage("db: 0 wait, and none would come free in time");
              assertThat(time.elapsed()).isEqualTo(before);
              assertThat(pool.snapshot().refused()).isEqualTo(1);
              loan.close();
            }
          });
    }

    @Test
    void may_be_interrupted() throws Exception {
      run(
          () -> {
            try (var pool = builder().size(1).open(root)) {
              Loan<String> loan = pool.borrow(root);
              Participant waiting =
                  time.start(
                      "waiting",
                      () -> {
                        assertThatThrownBy(() -> pool.borrow(root))
                            .isInstanceOf(CallInterruptedException.class);
                        assertThat(Thread.interrupted()).isTrue();
                      });
              root.sleep(ofMillis(1));
              waiting.interrupt();
              waiting.join();
              loan.close();
              pool.borrow(root).close();
            }
          });
    }

    @Test
    void is_refused_when_the_pool_closes() throws Exception {
      run(
          () -> {
            var owner = root.withCancel();
            var pool = builder().size(1).open(owner);
            Loan<String> loan = pool.borrow(root);
            var waiting =
                time.start(
                    "waiting",
                    () ->
                        assertThatThrownBy(() -> pool.borrow(root))
                            .isInstanceOf(PoolShutdownException.class));
            root.sleep(ofMillis(1));
            owner.cancel(CancelReason.SHUTDOWN);
            waiting.join();
            assertThatThrownBy(() -> pool.borrow(root)).isInstanceOf(PoolShutdownException.class);
            assertThat(closed).isEmpty();
            loan.close();
            root.sleep(ofMillis(1));
            assertThat(closed).containsExactly("c1");
          });
    }

    @Test
    void that_keeps_a_resource_is_reported_once_with_its_place() throws Exception {
      var suspects = new CopyOnWriteArrayList<Loan<?>>();
      run(
          () -> {
            var listener =
                new ResourcePoolListener() {
                  @Override
                  public void onLeakSuspected(Loan<?> loan) {
                    suspects.add(loan);
                  }
                };
            try (var pool =
                builder()
                    .leakAfter(ofSeconds(30))
                    .maintenance(ofSeconds(10))
                    .listener(listener)
                    .open(root)) {
              Loan<String> loan = pool.borrow(root);
              root.sleep(ofSeconds(100));
              assertThat(suspects).containsExactly(loan);
              assertThat(loan.place().orElseThrow().getStackTrace()).isNotEmpty();
              loan.close();
            }
          });
    }

    @Test
    void costs_the_context_nothing_when_it_has_given_back() throws Exception {
      run(
          () -> {
            try (var pool = builder().open(root)) {
              var request = root.withCancel();
              for (int i = 0; i < 100; i++) {
                pool.borrow(request).close();
              }
              assertThat(ContextProbe.waiters(request)).isZero();
            }
          });
    }
  }

  /** No resource is with two, none comes back after its close, and none is lost. */
  @Test
  void each_resource_is_with_one_borrower_at_a_time() {
    Schedules.check(
        400,
        (seed, random) -> {
          var clock = VirtualTime.automatic(seed);
          var base = Context.background(clock);
          int size = 1 + random.nextInt(3);
          var open = new HashSet<Integer>();
          var lent = new HashSet<Integer>();
          var number = new AtomicInteger();
          var wrong = new ArrayList<String>();
          clock.run(
              () -> {
                ResourcePool<Integer> pool =
                    ResourcePool.<Integer>builder(
                            "p",
                            c -> {
                              if (random.nextInt(5) == 0) {
                                throw new IOException();
                              }
                              int mine = number.incrementAndGet();
                              open.add(mine);
                              if (open.size() > size) {
                                wrong.add("too many are open");
                              }
                              return mine;
                            })
                        .size(size)
                        .minIdle(random.nextInt(2))
                        .maxAge(ofMillis(50))
                        .maintenance(ofMillis(20))
                        .closer(
                            (c, r) -> {
                              if (!open.remove(r)) {
                                wrong.add("closed twice");
                              }
                              if (random.nextInt(4) == 0) {
                                throw new IOException();
                              }
                            })
                        .open(base);
                var borrowers = new ArrayList<Participant>();
                for (int i = 0; i < 5; i++) {
                  borrowers.add(
                      clock.start(
                          "b" + i,
                          () -> {
                            for (int n = 0; n < 4; n++) {
                              CancellableContext ctx =
                                  base.withTimeout(ofMillis(random.nextInt(60)));
                              try (Loan<Integer> loan = pool.borrow(ctx)) {
                                int mine = loan.get();
                                if (!open.contains(mine) || !lent.add(mine)) {
                                  wrong.add("lent twice, or after its close");
                                }
                                base.sleep(ofMillis(random.nextInt(30)));
                                lent.remove(mine);
                                if (random.nextInt(5) == 0) {
                                  loan.discard();
                                }
                              } catch (IOException
                                  | RejectedException
                                  | IllegalStateException
                                  | ContextException refused) {
                                base.sleep(ofMillis(random.nextInt(10)));
                              }
                              ctx.close();
                            }
                          }));
                }
                for (Participant borrower : borrowers) {
                  borrower.join();
                }
                pool.close();
                base.sleep(ofMillis(1));
                assertThat(pool.snapshot().lent()).isZero();
                assertThat(pool.snapshot().waiting()).isZero();
                assertThat(pool.snapshot().opened()).isEqualTo(pool.snapshot().closed());
                return null;
              });
          assertThat(wrong).isEmpty();
          assertThat(open).isEmpty();
        });
  }
}
