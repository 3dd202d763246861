/** OkHttp under contexts and policies. */
@SuppressWarnings("requires-automatic") // okio has no module
module dev.resilience.okhttp {
  requires transitive dev.resilience.core;
  requires transitive okhttp3;
  requires static transitive org.jspecify;
  requires okio;

  exports dev.resilience.okhttp;
}
