/**
 * Services under load and their callers, simulated under virtual time: to judge how a client or a
 * stack of policies does when a service is slow, failing, overloaded or silent. Ten minutes of
 * traffic take less than a second, and the same seed tells the same story.
 *
 * <pre>{@code
 * var scenario = Scenario.builder("B", "orders six times slower for four seconds")
 *     .service(Service.builder("orders").workers(16).queue(256).latency(Latency.logNormal(ofMillis(60), 0.25))
 *         .fault(Fault.slower(6).between(ofSeconds(4), ofSeconds(8))).build())
 *     .load(Load.builder(200).patience(ofSeconds(1)).build())
 *     .length(ofSeconds(12))
 *     .build();
 * Figures figures = Simulation.run(scenario, Contender.of("mine", () -> Resilience.of(retry, breaker)), 42).figures();
 * figures.patientSuccess();   // the share of the callers who stayed that got an answer in time
 * figures.wastedWork();       // how long the service worked on what nobody wanted any more
 * }</pre>
 *
 * <p>{@link dev.resilience.simulation.Scenarios} holds the scenarios of the load comparison. The
 * same data describes traffic and faults to a program that uses real sockets and real time; its
 * records make a {@link dev.resilience.simulation.RunLog} as well, so that both are judged by the
 * same figures. Nothing here knows a policy.
 */
@NullMarked
package dev.resilience.simulation;

import org.jspecify.annotations.NullMarked;
