package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsistentHashTest extends BalancerContract {

  private static final Key<String> CUSTOMER = Key.of("customer", String.class);

  @Override
  Balancer balancer() {
    return Balancer.consistentHash(CUSTOMER);
  }

  /** Forty points are not many. */
  @Override
  double tolerance() {
    return 0.5;
  }

  private int picked(Balancer.Picker picker, int customer) {
    return number(
        picker.pick(ctx.withValue(CUSTOMER, "customer" + customer), time.nanoTime(), any -> true));
  }

  private List<Integer> pickedForAll(Balancer.Picker picker) {
    List<Integer> picked = new ArrayList<>();
    for (int customer = 0; customer < 5000; customer++) {
      picked.add(picked(picker, customer));
    }
    return picked;
  }

  @Test
  void picks_the_same_for_the_same_key_in_every_process() {
    assertThat(pickedForAll(over(balancer(), equal(5))))
        .isEqualTo(pickedForAll(over(balancer(), equal(5))));
    // Written down: a change of the hash moves the keys of every user.
    assertThat(pickedForAll(over(equal(5))).subList(0, 8)).containsExactly(0, 1, 0, 3, 1, 2, 4, 0);
  }

  private enum Region {
    EU,
    US
  }

  private record Shard(Region region, int number) {}

  /** The hash of an enum is another one in each process. */
  @Test
  void goes_by_the_name_of_an_enum() {
    assertThat(Hash.of(Region.EU)).isEqualTo(Hash.of("EU"));
    assertThat(Hash.of(List.of(Region.US, 3))).isEqualTo(Hash.of(List.of("US", 3)));
  }

  @Test
  void refuses_a_key_whose_hash_may_differ_between_processes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hash.of(new Shard(Region.EU, 3)))
        .withMessageContaining("Shard (expected: a text, number, boolean, UUID, enum");
    assertThatIllegalArgumentException().isThrownBy(() -> Hash.of(new Object()));
    assertThatIllegalArgumentException().isThrownBy(() -> Hash.of(Optional.of(Region.EU)));
    assertThatIllegalArgumentException().isThrownBy(() -> Hash.of(new byte[1]));
    Key<Shard> key = Key.of("shard", Shard.class);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                over(Balancer.consistentHash(key), equal(3))
                    .pick(
                        ctx.withValue(key, new Shard(Region.EU, 3)), time.nanoTime(), any -> true));
  }

  @Test
  void spreads_keys_by_weight() {
    List<Integer> picked = pickedForAll(over(candidates(10, 10, 20)));
    for (int n = 0; n < 3; n++) {
      int of = n;
      double share = picked.stream().filter(p -> p == of).count() / 5000.0;
      assertThat(share).isBetween(n == 2 ? 0.35 : 0.15, n == 2 ? 0.65 : 0.35);
    }
  }

  @Test
  void moves_only_the_keys_of_the_one_that_leaves() {
    List<FakeCandidate> all = equal(10);
    List<Integer> before = pickedForAll(over(all));
    for (int gone = 0; gone < 10; gone++) {
      List<FakeCandidate> rest = new ArrayList<>(all);
      rest.remove(gone);
      List<Integer> after = pickedForAll(over(rest));
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i) != gone) {
          assertThat(after.get(i)).isEqualTo(before.get(i));
        }
      }
    }
  }

  @Test
  void brings_an_instance_back_key_by_key() {
    List<FakeCandidate> all = equal(4);
    List<Integer> grown = pickedForAll(over(all));
    List<FakeCandidate> growing = new ArrayList<>(all);
    growing.set(1, new FakeCandidate(1, 10, 3));
    List<Integer> before = pickedForAll(over(growing));
    for (int i = 0; i < grown.size(); i++) {
      if (before.get(i) == 1) {
        assertThat(grown.get(i)).isEqualTo(1);
      } else if (grown.get(i) != 1) {
        assertThat(before.get(i)).isEqualTo(grown.get(i));
      }
    }
    assertThat(before).contains(1);
  }

  @Test
  void goes_to_the_same_next_one_when_the_first_is_not_usable() {
    Balancer.Picker picker = over(equal(5));
    int first = picked(picker, 7);
    List<Integer> seconds = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      seconds.add(
          number(
              picker.pick(
                  ctx.withValue(CUSTOMER, "customer7"),
                  time.nanoTime(),
                  candidate -> number(candidate) != first)));
    }
    assertThat(seconds).containsOnly(seconds.get(0)).doesNotContain(first);
  }

  @Test
  void takes_other_keys_than_strings() {
    Balancer byNumber = Balancer.consistentHash(ctx -> 17);
    assertThat(counts(over(byNumber, equal(5)), 5, 100)).contains(100);
  }
}
