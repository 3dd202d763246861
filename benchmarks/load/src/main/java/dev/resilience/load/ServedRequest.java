package dev.resilience.load;

import dev.resilience.simulation.Job;

/** What a service has noted of a request. */
record ServedRequest(String id, String service, int instance, Job job) {

  String toLine() {
    return String.join(
        "\t",
        id,
        service,
        String.valueOf(instance),
        String.valueOf(job.received()),
        String.valueOf(job.began()),
        String.valueOf(job.finished()));
  }
}
