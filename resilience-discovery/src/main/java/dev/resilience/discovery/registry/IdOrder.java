package dev.resilience.discovery.registry;

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** Instances in the order of their ids: two such lists are compared in one walk over both. */
final class IdOrder {

  private IdOrder() {}

  /** One for each id, in order. What is in order already, as most answers are, stays as it is. */
  static List<ServiceInstance> ordered(Collection<ServiceInstance> instances) {
    List<ServiceInstance> all = List.copyOf(instances);
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i - 1).id().compareTo(all.get(i).id()) >= 0) {
        TreeMap<String, ServiceInstance> sorted = new TreeMap<>();
        all.forEach(instance -> sorted.put(instance.id(), instance));
        return List.copyOf(sorted.values());
      }
    }
    return all;
  }

  static boolean contains(List<ServiceInstance> ordered, String id) {
    int from = 0;
    int to = ordered.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      int order = ordered.get(middle).id().compareTo(id);
      if (order == 0) {
        return true;
      }
      if (order < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return false;
  }
}
