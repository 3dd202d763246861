package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serializable;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** What proves who somebody is appears nowhere but where it is asked for. */
class CredentialTest {

  private static final String SECRET = "s3cr3t-token-0123456789";
  private static final Key<String> TOKEN = Key.credential("token", String.class);

  @Test
  void a_key_of_credentials_cannot_be_shown() {
    assertThat(TOKEN.isCredential()).isTrue();
    assertThat(TOKEN.isShown()).isFalse();
    assertThatThrownBy(TOKEN::shown)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("shown: 'token' is a credential (expected: a key that may be shown)");
    assertThat(TOKEN.checked("anything", t -> true).isCredential()).isTrue();
    assertThat(Key.of("user", String.class).isCredential()).isFalse();
  }

  @Test
  void no_message_has_the_value() {
    Key<String> strict = TOKEN.checked("40 characters", token -> token.length() == 40);
    Key<String> tells =
        TOKEN.checked(
            "well formed",
            token -> {
              throw new IllegalArgumentException("bad token " + token);
            });
    Context ctx = Context.background();

    assertThatThrownBy(() -> ctx.withValue(strict, SECRET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token: the value given (expected: 40 characters)");
    assertThatThrownBy(() -> ctx.withValue(tells, SECRET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token: the value given (expected: well formed)")
        .hasNoCause();
    Context with = ctx.withValue(TOKEN, SECRET);
    assertThatThrownBy(() -> with.require(Key.of("other", String.class)))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessageNotContaining(SECRET);
    assertThat(with.withName("request").toString()).doesNotContain(SECRET);
  }

  @Test
  void it_is_had_by_asking_for_it_and_in_no_other_way() {
    Credential credential = Credential.of(SECRET);

    assertThat(credential.reveal()).isEqualTo(SECRET);
    assertThat(credential).hasToString("***").isNotInstanceOf(Serializable.class);
    assertThat(credential)
        .isEqualTo(Credential.of(SECRET))
        .hasSameHashCodeAs(Credential.of(SECRET))
        .isNotEqualTo(Credential.of("another"));
    assertThatThrownBy(() -> Credential.of(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("secret: blank (expected: not blank)");
  }

  @Test
  void a_request_carries_its_session_and_its_credential_and_shows_neither() {
    RequestInfo info =
        RequestInfo.builder()
            .requestId("r-1")
            .sessionId(Credential.of("session-" + SECRET))
            .credential(Credential.of(SECRET))
            .build();
    Context ctx = info.in(Context.background());

    assertThat(info.toString()).contains("r-1").doesNotContain(SECRET);
    assertThat(ctx.require(RequestInfo.CREDENTIAL).reveal()).isEqualTo(SECRET);
    assertThat(RequestInfo.of(ctx).sessionId()).hasValue(Credential.of("session-" + SECRET));
    assertThat(RequestInfo.SESSION_ID.isCredential()).isTrue();
    assertThat(RequestInfo.CREDENTIAL.isCredential()).isTrue();
  }
}
