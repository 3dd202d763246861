package dev.resilience.context;

/**
 * A scope whose own deadline would be later than one above, and so changes nothing. Only made below
 * an observed root, where a dump shows what was asked for.
 */
final class LaterDeadlineScope extends Scope {

  final long asked;

  LaterDeadlineScope(Node parent, long asked) {
    super(parent);
    this.asked = asked;
  }
}
