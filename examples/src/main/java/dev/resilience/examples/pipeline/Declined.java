package dev.resilience.examples.pipeline;

import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.HttpStatusException;
import dev.resilience.http.server.StatusTable;

/** Answers that say no, which is not a failure; and failures of those behind a service. */
abstract sealed class Declined extends Exception {

  private static final long serialVersionUID = 1L;

  static final int UNAUTHORIZED = 401;
  static final int CARD_REFUSED = 402;
  private static final int BAD_GATEWAY = 502;

  private Declined(String message) {
    super(message);
  }

  /** Nobody knows who is asking. */
  static final class Unknown extends Declined {

    private static final long serialVersionUID = 1L;

    Unknown() {
      super("who are you?");
    }
  }

  /** The card is not taken. */
  static final class CardRefused extends Declined {

    private static final long serialVersionUID = 1L;

    CardRefused() {
      super("card refused");
    }
  }

  /** The table, with our statuses in it. */
  static StatusTable in(StatusTable statuses) {
    return statuses
        .with(Unknown.class, UNAUTHORIZED, "who are you?")
        .with(CardRefused.class, CARD_REFUSED, "card refused")
        .with(HttpStatusException.class, BAD_GATEWAY, "a service failed")
        .with(HttpConnectionException.class, BAD_GATEWAY, "a service cannot be reached");
  }
}
