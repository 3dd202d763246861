package dev.resilience.simulation;

import java.util.function.IntConsumer;

/** A request on its way. What its record will say is written here first. */
final class Request {

  final int call;
  final SimulatedService service;
  final long sent;

  /**
   * When the sender will wait no longer, as the service is told; {@link Long#MAX_VALUE}: not told.
   */
  final long deadline;

  /** Takes the status, at the service's end of the network. */
  final IntConsumer answer;

  long received = -1;
  long began = -1;
  long finished = -1;
  long released = -1;
  int status = -1;

  Request(int call, SimulatedService service, long sent, long deadline, IntConsumer answer) {
    this.call = call;
    this.service = service;
    this.sent = sent;
    this.deadline = deadline;
    this.answer = answer;
  }

  RequestRecord toRecord() {
    return new RequestRecord(
        call,
        service.name(),
        service.instance(),
        sent,
        received,
        began,
        finished,
        released,
        status);
  }
}
