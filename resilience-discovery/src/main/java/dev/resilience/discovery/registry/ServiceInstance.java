package dev.resilience.discovery.registry;

import dev.resilience.discovery.Checks;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A process that offers a service, and how to reach it. Invalid values are refused when it is made,
 * and so never enter a registry.
 *
 * <pre>{@code
 * ServiceInstance me = ServiceInstance.of("orders", "10.0.0.7", 8080)
 *     .withZone("eu-1")
 *     .withWeight(20)
 *     .withMetadata("version", "2.4");
 * }</pre>
 *
 * <p>Immutable, and a value. Two instances with the same {@link #service} and {@link #id} are the
 * same process, as far as a registry is concerned, in two versions of its description.
 */
public final class ServiceInstance {

  /** The weight of an instance that says nothing else. */
  public static final int DEFAULT_WEIGHT = 10;

  /** The order in which instances of a service are listed. */
  public static final Comparator<ServiceInstance> BY_ID = ServiceInstance::compareById;

  private final String service;
  private final String host;
  private final int port;
  private final int weight;
  private final String zone;
  private final Map<String, String> metadata;
  private final boolean draining;
  private final String id;

  private ServiceInstance(
      String service,
      String host,
      int port,
      int weight,
      String zone,
      Map<String, String> metadata,
      boolean draining) {
    this.service = service;
    this.host = host;
    this.port = port;
    this.weight = weight;
    this.zone = zone;
    this.metadata = metadata;
    this.draining = draining;
    this.id = host.indexOf(':') < 0 ? host + ":" + port : "[" + host + "]:" + port;
  }

  /**
   * An instance with {@link #DEFAULT_WEIGHT}, no zone and no metadata.
   *
   * @param service 1 to 128 letters, digits, {@code .}, {@code _}, {@code -}; the first one a
   *     letter or a digit
   * @param host a name or an address, up to 253 characters; IPv6 without brackets
   * @param port 1 to 65535
   */
  public static ServiceInstance of(String service, String host, int port) {
    return new ServiceInstance(
        Checks.service(service),
        Checks.host(host),
        Checks.between("port", port, 1, 65_535),
        DEFAULT_WEIGHT,
        "",
        Map.of(),
        false);
  }

  /**
   * The same with a share of the traffic, in proportion to the weights of the others.
   *
   * @param newWeight 1 to 100
   */
  public ServiceInstance withWeight(int newWeight) {
    Checks.between("weight", newWeight, 1, 100);
    return new ServiceInstance(service, host, port, newWeight, zone, metadata, draining);
  }

  /**
   * The same in a zone: a data centre, a rack.
   *
   * @param newZone 1 to 64 letters, digits, {@code .}, {@code _}, {@code -}; or empty: none
   */
  public ServiceInstance withZone(String newZone) {
    Checks.zone(newZone);
    return new ServiceInstance(service, host, port, weight, newZone, metadata, draining);
  }

  /**
   * The same with one more entry of metadata, or another value for a key.
   *
   * @param key 1 to 64 letters, digits, {@code .}, {@code _}, {@code -}
   * @param value up to 256 characters, no control characters
   * @throws IllegalArgumentException also if this would be more than 32 entries
   */
  public ServiceInstance withMetadata(String key, String value) {
    TreeMap<String, String> more = new TreeMap<>(metadata);
    more.put(Checks.metadataKey(key), Checks.metadataValue(key, value));
    Checks.between("metadata entries", more.size(), 0, 32);
    return new ServiceInstance(
        service, host, port, weight, zone, java.util.Collections.unmodifiableMap(more), draining);
  }

  /** The same, about to leave: it finishes what it has begun, and gets no new calls. */
  public ServiceInstance asDraining() {
    return draining ? this : new ServiceInstance(service, host, port, weight, zone, metadata, true);
  }

  /** The name of the service. */
  public String service() {
    return service;
  }

  /** Name or address of the host; IPv6 without brackets. */
  public String host() {
    return host;
  }

  /** The port. */
  public int port() {
    return port;
  }

  /** Its share of the traffic in proportion to the others, 1 to 100. */
  public int weight() {
    return weight;
  }

  /** Where it stands, or the empty string. */
  public String zone() {
    return zone;
  }

  /** What else it says of itself, ordered by key; unmodifiable. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Whether it is about to leave, and gets no new calls. */
  public boolean isDraining() {
    return draining;
  }

  /** What tells it from the other instances of its service: host and port. */
  public String id() {
    return id;
  }

  /** Most comparisons are of an object with itself, which is quicker to see. */
  @SuppressWarnings("ReferenceEquality")
  private static int compareById(ServiceInstance one, ServiceInstance other) {
    return one == other ? 0 : one.id.compareTo(other.id);
  }

  @Override
  public boolean equals(Object object) {
    return object == this
        || (object instanceof ServiceInstance other
            && port == other.port
            && weight == other.weight
            && draining == other.draining
            && host.equals(other.host)
            && service.equals(other.service)
            && zone.equals(other.zone)
            && metadata.equals(other.metadata));
  }

  @Override
  public int hashCode() {
    return Objects.hash(service, host, port, weight, zone, metadata, draining);
  }

  /** The name and the place, for people: {@code orders@10.0.0.7:8080}. */
  @Override
  public String toString() {
    return service + "@" + id + (draining ? " (draining)" : "");
  }
}
