/** Rules for ArchUnit. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // ArchUnit has no module
module dev.resilience.archunit {
  requires transitive com.tngtech.archunit;
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;

  exports dev.resilience.archunit;
}
