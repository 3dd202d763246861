package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** No two keys have one name. */
class KeyCodecTest {

  private static <K> String name(KeyCodec<K> codec, K key) {
    return new String(codec.encode(key), StandardCharsets.UTF_8);
  }

  @Nested
  class Simple_keys_are_named {

    private String name(Object key) {
      return KeyCodecTest.name(KeyCodec.simple(), key);
    }

    @Test
    void by_their_type_and_value() {
      assertThat(name("7")).isEqualTo("s:7");
      assertThat(name(7)).isEqualTo("i:7");
      assertThat(name(7L)).isEqualTo("l:7");
      assertThat(name((short) 7)).isEqualTo("h:7");
      assertThat(name((byte) 7)).isEqualTo("y:7");
      assertThat(name('7')).isEqualTo("c:55");
      assertThat(name(true)).isEqualTo("z:true");
      assertThat(name(new byte[] {'7'})).isEqualTo("b:7");
      assertThat(name(new UUID(1, 2))).isEqualTo("u:00000000-0000-0001-0000-000000000002");
      assertThat(name(TimeUnit.DAYS)).isEqualTo("e:java.util.concurrent.TimeUnit.DAYS");
      assertThat(name("")).isEqualTo("s:");
    }

    /** {@code Object.toString} is made of the hash, so two users may have one text. */
    @Test
    void and_those_of_other_types_are_refused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> name(List.of(1)))
          .withMessageStartingWith(
              "key: a java.util.ImmutableCollections$List12 (expected: a String")
          .withMessageEndingWith("give a KeyCodec: builder.keys(...))");
    }

    /** UTF-8 has no half pairs: all of them would become question marks. */
    @Test
    void and_text_that_cannot_be_expressed_is_refused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> name("\ud800"))
          .withMessage("key: a string with half a surrogate pair (expected: well-formed text)");
      assertThat(name("\ud83d\ude00")).isEqualTo("s:\ud83d\ude00");
    }
  }

  @Nested
  class Parts {

    private record Pair(Object a, Object b) {}

    private final KeyCodec<Pair> codec = KeyCodec.parts(pair -> List.of(pair.a(), pair.b()));

    @Test
    void do_not_run_into_each_other() {
      assertThat(List.of(new Pair("x", "yz"), new Pair("xy", "z"), new Pair("1/s:x", "y")))
          .extracting(pair -> name(codec, pair))
          .doesNotHaveDuplicates();
      assertThat(name(codec, new Pair("acme", 7))).isEqualTo("6/s:acme3/i:7");
      assertThat(name(codec, new Pair("7", 7))).isNotEqualTo(name(codec, new Pair(7, "7")));
    }

    @Test
    void are_of_simple_types() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> codec.encode(new Pair(new Pair(1, 2), 3)));
    }
  }

  @Test
  void the_name_of_a_cache_does_not_run_into_its_keys() {
    assertThat(new RedisNames("a").key("b:c")).isNotEqualTo(new RedisNames("a:b").key("c"));
    RedisNames names = new RedisNames("a");
    assertThat(names.isKey(new RedisNames("a:b").key("c"))).isFalse();
    assertThat(names.isKey(names.generation())).isFalse();
    assertThat(names.farKeyIn(names.key("\u00ff\u0000:"))).isEqualTo("\u00ff\u0000:");
  }
}
