/** Contexts (deadline, cancellation, values) and the policies that respect them. */
@SuppressWarnings("module") // the friends are not there yet when this is compiled
module dev.resilience.core {
  requires transitive dev.failsafe.core;
  requires java.management;
  requires java.net.http; // a preset judges its responses
  requires static com.google.errorprone.annotations; // a user without it need not notice
  requires static transitive org.jspecify;

  exports dev.resilience;
  exports dev.resilience.breaker;
  exports dev.resilience.budget;
  exports dev.resilience.chaos;
  exports dev.resilience.concurrent;
  exports dev.resilience.concurrent.file;
  exports dev.resilience.concurrent.pipeline;
  exports dev.resilience.context;
  exports dev.resilience.diagnostics;
  exports dev.resilience.error;
  exports dev.resilience.failsafe;
  exports dev.resilience.fallback;
  exports dev.resilience.hedge;
  exports dev.resilience.limit;
  exports dev.resilience.observe;
  exports dev.resilience.policy;
  exports dev.resilience.propagation;
  exports dev.resilience.retry;
  exports dev.resilience.time;
  exports dev.resilience.timeout;
  exports dev.resilience.trace;

  // Plumbing that our own modules share; no API.
  exports dev.resilience.stage to
      dev.resilience.cache,
      dev.resilience.discovery,
      dev.resilience.http.client,
      dev.resilience.http.server,
      dev.resilience.okhttp,
      dev.resilience.redis,
      dev.resilience.servlet;
  exports dev.resilience.statistics to
      dev.resilience.http.server,
      dev.resilience.page;
  exports dev.resilience.text to
      dev.resilience.cache,
      dev.resilience.configuration,
      dev.resilience.discovery,
      dev.resilience.grpc,
      dev.resilience.jdbc,
      dev.resilience.jfr,
      dev.resilience.http.client,
      dev.resilience.http.server,
      dev.resilience.okhttp,
      dev.resilience.opentelemetry,
      dev.resilience.page,
      dev.resilience.redis,
      dev.resilience.servlet,
      dev.resilience.slf4j;
}
