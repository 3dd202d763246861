/** Policies and limits from a text, changed while they run. */
module dev.resilience.configuration {
  requires transitive dev.resilience.core;
  requires static com.google.errorprone.annotations; // a user without it need not notice
  requires static transitive org.jspecify;
  requires org.snakeyaml.engine;

  exports dev.resilience.configuration;
}
