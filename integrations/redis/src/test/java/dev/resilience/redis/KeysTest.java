package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.resilience.cache.LoadException;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** One user's value is never served to another. */
class KeysTest extends WithRedis {

  @BeforeEach
  void startRedis() throws IOException {
    start();
  }

  /** With {@code equals} and {@code hashCode}, and no {@code toString}: Aa and BB have one hash. */
  private static final class UserId {

    private final String tenant;
    private final String user;

    UserId(String tenant, String user) {
      this.tenant = tenant;
      this.user = user;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof UserId id && id.tenant.equals(tenant) && id.user.equals(user);
    }

    @Override
    public int hashCode() {
      return Objects.hash(tenant, user);
    }
  }

  private static final UserId ANNA = new UserId("acme", "Aa");
  private static final UserId BOB = new UserId("acme", "BB");

  @Test
  void a_type_that_is_not_known_to_be_safe_is_refused_in_all_ways() {
    RedisCache<UserId, String> users = machine("users");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> users.getOrFetch(ctx, ANNA, (c, key) -> "Anna's salary"))
        .withMessageContaining("give a KeyCodec");
    assertThatIllegalArgumentException().isThrownBy(() -> users.set(ctx, ANNA, "Anna's salary"));
    assertThatIllegalArgumentException().isThrownBy(() -> users.getAll(ctx, List.of(ANNA)));
    assertThat(users.getOrFetchAsync(ctx, ANNA, (c, key) -> null)).isCompletedExceptionally();
    assertThat(users.deleteAsync(ctx, ANNA)).isCompletedExceptionally();
    assertThat(redis.keys("{users}:*")).isEmpty();
  }

  @Test
  void keys_taken_apart_are_told_apart_with_redis_and_without() {
    KeyCodec<UserId> codec = KeyCodec.parts(id -> List.of(id.tenant, id.user));
    RedisCache<UserId, String> there = open(this.<UserId>builder("users").keys(codec));
    RedisCache<UserId, String> away =
        this.<UserId>builder("users").keys(codec).uri(RedisURI.create("127.0.0.1", 1)).open(app);
    for (RedisCache<UserId, String> users : List.of(there, away)) {
      assertThat(users.getOrFetch(ctx, ANNA, (c, key) -> "Anna's")).isEqualTo("Anna's");
      assertThat(users.getOrFetch(ctx, BOB, (c, key) -> "Bob's")).isEqualTo("Bob's");
      var all = users.fetchAll(ctx, List.of(ANNA, BOB), (c, key) -> "never");
      assertThat(all.values()).containsEntry(ANNA, "Anna's").containsEntry(BOB, "Bob's");
    }
  }

  @Nested
  class A_codec_that_takes_two_keys_for_one {

    private final KeyCodec<UserId> careless =
        id -> id.tenant.getBytes(java.nio.charset.StandardCharsets.UTF_8);

    private RedisCache<UserId, String> users() {
      return open(KeysTest.this.<UserId>builder("users").keys(careless));
    }

    @Test
    void is_found_out_when_the_other_one_is_near() {
      var users = users();
      // What is filled here is told here, too: the near copy of the second read stays.
      users.getOrFetch(ctx, ANNA, (c, key) -> "Anna's");
      await().until(() -> users.snapshot().near().size() == 0);
      users.getOrFetch(ctx, ANNA, (c, key) -> "Anna's");
      await().until(() -> users.snapshot().near().size() == 1);
      assertThatIllegalStateException()
          .isThrownBy(() -> users.getOrFetch(ctx, BOB, (c, key) -> "Bob's"))
          .withMessageContaining("two keys that are not equal have one name");
      assertThatIllegalStateException().isThrownBy(() -> users.get(ctx, BOB));
    }

    @Test
    void is_found_out_among_many() {
      var users = users();
      assertThatIllegalStateException()
          .isThrownBy(() -> users.fetchAll(ctx, List.of(ANNA, BOB), (c, key) -> "whose?"));
    }

    @Test
    void is_found_out_when_the_other_one_is_being_loaded() {
      var users = users();
      CompletableFuture<String> load = new CompletableFuture<>();
      var anna = users.getOrFetchAsync(ctx, ANNA, (c, key) -> load).toCompletableFuture();
      var bob = users.getOrFetchAsync(ctx, BOB, (c, key) -> load).toCompletableFuture();
      load.complete("Anna's");
      assertThat(anna.join()).isEqualTo("Anna's");
      await().until(bob::isDone);
      assertThat(bob).isCompletedExceptionally();
    }
  }

  @Test
  void caches_whose_names_and_keys_would_run_together_do_not_meet() {
    RedisCache<String, String> shop = machine("shop");
    RedisCache<String, String> users = machine("shop:users");
    shop.set(ctx, "users:7", "a shop called users:7");
    assertThat(users.getOrFetch(ctx, "7", (c, key) -> "the user 7")).isEqualTo("the user 7");
  }

  @Test
  void keys_of_several_types_do_not_meet() {
    RedisCache<Object, String> mixed = machine("mixed");
    mixed.set(ctx, 7, "the number");
    assertThat(mixed.getOrFetch(ctx, "7", (c, key) -> "the text")).isEqualTo("the text");
    assertThat(mixed.getOrFetch(ctx, 7L, (c, key) -> "the long")).isEqualTo("the long");
    assertThat(mixed.get(ctx, 7)).isEqualTo("the number");
  }

  @Test
  void arrays_are_keys_by_what_is_in_them() {
    RedisCache<byte[], String> bytes = machine("bytes");
    bytes.getOrFetch(ctx, new byte[] {1, (byte) 255}, (c, key) -> "one");
    assertThat(bytes.getOrFetch(ctx, new byte[] {1, (byte) 255}, (c, key) -> "again"))
        .isEqualTo("one");
    RedisCache<byte[], String> there = machine("bytes");
    assertThat(there.get(ctx, new byte[] {1, (byte) 255})).isEqualTo("one");
    there.delete(ctx, new byte[] {1, (byte) 255});
    await().until(() -> bytes.get(ctx, new byte[] {1, (byte) 255}) == null);
  }

  @Test
  void odd_keys_are_fine() {
    RedisCache<String, String> odd = machine("odd");
    for (String key : List.of("", "a\nb\r\n", "{x}", "ä\ud83d\ude00\u0000", "k".repeat(100_000))) {
      assertThat(odd.set(ctx, key, "value")).isTrue();
      assertThat(machine("odd").get(ctx, key)).isEqualTo("value");
    }
  }

  /** Nobody gets half a character. */
  @Test
  void a_value_that_cannot_be_expressed_is_handed_out_as_it_is() {
    RedisCache<String, String> texts = machine("texts");
    String half = "cut \ud83d in the middle";
    assertThat(texts.getOrFetch(ctx, "v", (c, key) -> half)).isEqualTo(half);
    assertThat(texts.getOrFetch(ctx, "v", (c, key) -> "again")).isEqualTo(half);
    assertThat(redis.keys("{texts}:*")).isEmpty();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> texts.set(ctx, "v", half));
  }

  @Test
  void a_codec_that_throws_fails_the_call_and_nothing_else() {
    RedisCache<Integer, String> numbers =
        open(
            this.<Integer>builder("numbers")
                .keys(
                    key -> {
                      if (key == 13) {
                        throw new Error("codec");
                      }
                      return key == 14 ? null : new byte[] {key.byteValue()};
                    }));
    assertThatExceptionOfType(Error.class)
        .isThrownBy(() -> numbers.getOrFetch(ctx, 13, (c, key) -> "x"));
    assertThatExceptionOfType(NullPointerException.class)
        .isThrownBy(() -> numbers.getOrFetch(ctx, 14, (c, key) -> "x"));
    assertThat(numbers.getAllAsync(ctx, List.of(13))).isCompletedExceptionally();
    assertThat(numbers.getOrFetch(ctx, 1, (c, key) -> "x")).isEqualTo("x");
    assertThatExceptionOfType(LoadException.class)
        .isThrownBy(
            () ->
                numbers.getOrFetch(
                    ctx,
                    2,
                    (c, key) -> {
                      throw new Error("loader");
                    }));
  }
}
