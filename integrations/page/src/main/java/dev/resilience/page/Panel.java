package dev.resilience.page;

/**
 * Something with figures that the page shows: a cache, a pool, a service's instances, or a thing of
 * your own.
 *
 * <pre>{@code
 * page.show(() -> PanelSnapshot.builder("queue", "mail")
 *     .figure("waiting", queue.size())
 *     .figure("oldest", queue.oldest().age())
 *     .build());
 * }</pre>
 *
 * <p>Those of this library are in {@link Panels}, {@link CachePanel} and {@link ServicePanel}.
 */
@FunctionalInterface
public interface Panel {

  /**
   * The figures as of now. Asked only while somebody looks, up to twice a second, on one thread; be
   * quick. What it throws is shown in its place.
   */
  PanelSnapshot snapshot();
}
