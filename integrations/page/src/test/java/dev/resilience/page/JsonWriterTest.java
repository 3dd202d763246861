package dev.resilience.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonWriterTest {

  private final JsonWriter json = new JsonWriter(16);

  @Test
  void puts_commas_between_and_nowhere_else() {
    json.object()
        .field("a", 1L)
        .name("b")
        .array()
        .value(2L)
        .value("c")
        .array()
        .endArray()
        .endArray();
    json.name("d").object().endObject().field("e", true).endObject();
    assertThat(json).hasToString("{\"a\":1,\"b\":[2,\"c\",[]],\"d\":{},\"e\":true}");
  }

  @Test
  void rounds_numbers_and_knows_what_json_has_no_number_for() {
    json.array().value(0.12345).value(3.0).value(-0.0005).value(1e300).value(Double.NaN);
    json.value(Double.POSITIVE_INFINITY).value((String) null).endArray();
    assertThat(json).hasToString("[0.123,3,0.0,1.0E300,null,null,null]");
  }

  @Test
  void escapes_what_must_not_stand_in_a_string() {
    json.value("\" \\ \n \r \t \u0001 é 💥 \ud800");
    assertThat(json).hasToString("\"\\\" \\\\ \\n \\r \\t \\u0001 é 💥 \\ud800\"");
  }
}
