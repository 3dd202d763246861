package dev.resilience.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlFailuresTest {

  private static Verdict judge(Classifier classifier, Throwable failure) {
    return classifier.judge(Context.background(), failure);
  }

  @ParameterizedTest
  @CsvSource({
    "23505, IGNORED",
    "42P01, IGNORED",
    "22012, IGNORED",
    "21000, IGNORED",
    "P0001, IGNORED",
    "40001, IGNORED",
    "40P01, IGNORED",
    "55P03, IGNORED",
    "28P01, IGNORED",
    "08001, REJECTED",
    "53300, REJECTED",
    "57P03, REJECTED",
    "08006, FAILURE",
    "53100, FAILURE",
    "57P01, FAILURE",
    "57014, FAILURE",
    "XX000, FAILURE",
    "4, FAILURE",
    "'', FAILURE"
  })
  void tells_a_wrong_statement_from_an_ill_database(String state, Verdict expected) {
    assertThat(judge(SqlFailures.classifier(), new SQLException("", state))).isEqualTo(expected);
  }

  @Test
  void a_pool_without_a_connection_has_refused() {
    assertThat(judge(SqlFailures.classifier(), new SQLTransientConnectionException("timed out")))
        .isEqualTo(Verdict.REJECTED);
  }

  @Test
  void leaves_all_others_as_they_were() {
    Classifier mine = Classifier.ofDefaults().ignore(IOException.class);

    assertThat(judge(SqlFailures.inside(mine), new IOException())).isEqualTo(Verdict.IGNORED);
    assertThat(judge(SqlFailures.inside(mine), new SQLException())).isEqualTo(Verdict.FAILURE);
  }

  @Test
  void a_lost_transaction_is_done_again_by_whoever_says_so() {
    Classifier again =
        SqlFailures.classifier().onFailureIf(SqlFailures::isConflict, Verdict.REJECTED);

    assertThat(judge(again, new SQLException("serialization failure", "40001")))
        .isEqualTo(Verdict.REJECTED);
    assertThat(judge(again, new SQLException("duplicate", "23505"))).isEqualTo(Verdict.IGNORED);
  }
}
