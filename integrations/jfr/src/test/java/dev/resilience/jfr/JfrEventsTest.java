package dev.resilience.jfr;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Configuration;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads back what a recording has. */
class JfrEventsTest {

  @TempDir private Path folder;

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private Recording recording;

  @BeforeEach
  void start() throws Exception {
    recording = new Recording(JfrEvents.configuration());
    recording.start();
  }

  @AfterEach
  void close() {
    recording.close();
  }

  private List<RecordedEvent> recorded(String type) throws IOException {
    Path file = folder.resolve("events.jfr");
    recording.stop();
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals("dev.resilience." + type))
        .sorted(Comparator.comparing(RecordedEvent::getEndTime)) // each thread has a buffer
        .toList();
  }

  private static RequestInfo request(String id) {
    return RequestInfo.builder().requestId(id).userId("u-4").build();
  }

  @Test
  void the_life_of_each_context() throws Exception {
    Context root = request("r-1").in(Context.observed(time, JfrEvents.contexts()));
    time.run(
        () -> {
          try (var closed = root.withName("closed").withTimeout(ofSeconds(1))) {
            closed.sleep(ofMillis(1));
          }
          var expired = root.withName("expired").withTimeout(ofSeconds(1));
          root.withName("cancelled").withCancel().cancel(CancelReason.USER);
          root.withName("failed").withCancel().cancel(new IOException("secret"));
          CancellableContext inheriting = expired.withName("inheriting").withCancel();
          inheriting.awaitDone();
          return null;
        });

    List<RecordedEvent> events = recorded("Context");
    assertThat(events)
        .extracting(event -> event.getString("context") + " " + event.getString("endedBy"))
        .containsExactlyInAnyOrder(
            "closed closed",
            "expired deadline",
            "cancelled cancelled",
            "failed cancelled",
            "inheriting deadline");
    assertThat(events).allMatch(event -> event.getString("requestId").equals("r-1"));
    RecordedEvent closed = named(events, "closed");
    assertThat(closed.getString("kind")).isEqualTo("DEADLINE");
    assertThat(closed.getDuration("limit")).isEqualTo(ofSeconds(1));
    assertThat(closed.getBoolean("inherited")).isFalse();
    assertThat(named(events, "inheriting").getBoolean("inherited")).isTrue();
    assertThat(named(events, "cancelled").getLong("limit")).isEqualTo(Long.MIN_VALUE);
    assertThat(named(events, "cancelled").getString("reason")).isEqualTo("the user left");
    assertThat(typeIn(named(events, "failed"), "cause")).isEqualTo("java.io.IOException");
    assertThat(events).allMatch(event -> !event.toString().contains("secret"));
    assertThat(events).allMatch(event -> !event.toString().contains("u-4"));
  }

  private static @Nullable String typeIn(RecordedEvent event, String field) {
    RecordedClass type = event.getClass(field);
    return type == null ? null : type.getName();
  }

  private static RecordedEvent named(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getString("context").equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void each_attempt_and_each_retry_sync_and_async() throws Exception {
    var retry =
        Retry.builder()
            .maxAttempts(3)
            .backoff(Backoff.constant(ofMillis(20)))
            .listener(JfrEvents.policies())
            .build();
    Resilience stack = Resilience.of(retry, JfrEvents.attempts("quotes"));
    Context root = request("r-2").in(Context.background(time)).withName("page");
    time.run(
        () -> {
          var calls = new AtomicInteger();
          String quote = stack.call(root, c -> failOnce(calls));
          assertThat(quote).isEqualTo("quote");
          var asyncCalls = new AtomicInteger();
          var stage = stack.callAsync(root, c -> startFailingOnce(asyncCalls));
          String later = root.await(stage);
          assertThat(later).isEqualTo("quote");
          return null;
        });

    List<RecordedEvent> attempts = recorded("Attempt");
    assertThat(attempts).extracting(event -> event.getString("policy")).containsOnly("quotes");
    assertThat(attempts)
        .extracting(event -> typeIn(event, "failure"))
        .containsExactly("java.io.IOException", null, "java.io.IOException", null);
    assertThat(attempts).allMatch(event -> !event.getBoolean("abandoned"));
    assertThat(attempts).allMatch(event -> event.getString("requestId").equals("r-2"));
    List<RecordedEvent> retries =
        RecordingFile.readAllEvents(folder.resolve("events.jfr")).stream()
            .filter(event -> event.getEventType().getName().equals("dev.resilience.Retry"))
            .sorted(Comparator.comparing(RecordedEvent::getEndTime))
            .toList();
    assertThat(retries).hasSize(2);
    assertThat(retries.get(0).getInt("attempt")).isEqualTo(1);
    assertThat(retries.get(0).getDuration("delay")).isEqualTo(ofMillis(20));
    assertThat(retries.get(0).getString("context")).isEqualTo("page");
  }

  private static String failOnce(AtomicInteger calls) throws IOException {
    if (calls.incrementAndGet() == 1) {
      throw new IOException("secret");
    }
    return "quote";
  }

  private static CompletableFuture<String> startFailingOnce(AtomicInteger calls) {
    return calls.incrementAndGet() == 1
        ? CompletableFuture.failedFuture(new IOException("secret"))
        : CompletableFuture.completedFuture("quote");
  }

  @Test
  void an_attempt_whose_caller_has_gone() throws Exception {
    Resilience stack = Resilience.of(JfrEvents.attempts("quotes"));
    time.run(
        () -> {
          try (var ctx = Context.background(time).withTimeout(ofMillis(5))) {
            assertThatThrownBy(
                    () ->
                        stack.call(
                            ctx,
                            c -> {
                              c.sleep(ofSeconds(1));
                              return null;
                            }))
                .isInstanceOf(RuntimeException.class);
          }
          return null;
        });

    assertThat(recorded("Attempt")).hasSize(1).allMatch(event -> event.getBoolean("abandoned"));
  }

  @Test
  void each_call_of_a_preset_with_its_verdict() throws Exception {
    Resilience stack = Preset.http("payments").listener(JfrEvents.policies()).build();
    time.run(
        () -> {
          Context root = Context.background(time);
          stack.call(root, c -> "fine");
          stack.callAsync(root, c -> CompletableFuture.completedFuture("fine"));
          return null;
        });

    List<RecordedEvent> calls = recorded("Call");
    assertThat(calls).hasSize(2);
    assertThat(calls)
        .allSatisfy(
            call -> {
              assertThat(call.getString("policy")).isEqualTo("payments");
              assertThat(call.getString("verdict")).isEqualTo("SUCCESS");
              assertThat(typeIn(call, "failure")).isNull();
            });
  }

  @Test
  void changes_of_a_circuit_and_its_rejections() throws Exception {
    var breaker =
        Breaker.builder("payments")
            .window(2)
            .failureRate(0.5)
            .openFor(ofSeconds(5))
            .listener(JfrEvents.policies())
            .build();
    Resilience stack = Resilience.of(breaker);
    time.run(
        () -> {
          Context root = Context.background(time);
          for (int i = 0; i < 3; i++) {
            assertThatThrownBy(
                    () ->
                        stack.call(
                            root,
                            c -> {
                              throw new IOException("down");
                            }))
                .isInstanceOf(Exception.class);
          }
          return null;
        });

    List<RecordedEvent> changes = recorded("CircuitChange");
    assertThat(changes).hasSize(1);
    assertThat(changes.get(0).getString("from")).isEqualTo("CLOSED");
    assertThat(changes.get(0).getString("to")).isEqualTo("OPEN");
    assertThat(changes.get(0).getString("reason")).isNotEmpty();
    assertThat(RecordingFile.readAllEvents(folder.resolve("events.jfr")))
        .filteredOn(event -> event.getEventType().getName().equals("dev.resilience.Rejection"))
        .extracting(event -> typeIn(event, "rejection"))
        .containsOnly("dev.resilience.error.CircuitOpenException");
  }

  @Test
  void a_wait_in_the_queue_of_a_limit() throws Exception {
    var limit =
        ConcurrencyLimit.builder("db", 1).maxWaiting(1).listener(JfrEvents.policies()).build();
    Resilience stack = Resilience.of(limit);
    time.run(
        () -> {
          Context root = Context.background(time);
          var first = time.start("first", () -> stack.run(root, c -> c.sleep(ofMillis(30))));
          root.sleep(ofMillis(10));
          stack.call(root, c -> "second");
          first.join();
          return null;
        });

    assertThat(recorded("QueueWait"))
        .extracting(event -> event.getDuration("time"))
        .containsExactly(ofMillis(20));
  }

  @Test
  void a_timeout_of_an_attempt() throws Exception {
    var timeout =
        FixedTimeout.builder("quotes", ofMillis(50)).listener(JfrEvents.policies()).build();
    time.run(
        () -> {
          assertThatThrownBy(
                  () ->
                      Resilience.of(timeout)
                          .run(Context.background(time), c -> c.sleep(ofSeconds(1))))
              .isInstanceOf(Exception.class);
          return null;
        });

    assertThat(recorded("AttemptTimeout"))
        .extracting(event -> event.getDuration("limit"))
        .containsExactly(ofMillis(50));
  }

  @Test
  void what_policies_tell_of_limits_hedges_and_abandoned_work() throws Exception {
    var listener = JfrEvents.policies();
    listener.on(new PolicyEvent.ConcurrencyLimitChanged("db", 20, 10));
    listener.on(new PolicyEvent.HedgeStarted("search", 1, ofMillis(30)));
    listener.on(new PolicyEvent.WorkAbandoned("report", 3));
    listener.on(new PolicyEvent.LateResult("report", ofSeconds(9), "secret", null));

    RecordedEvent change = recorded("ConcurrencyLimitChange").get(0);
    assertThat(change.getInt("from")).isEqualTo(20);
    assertThat(change.getInt("to")).isEqualTo(10);
    List<RecordedEvent> all = RecordingFile.readAllEvents(folder.resolve("events.jfr"));
    assertThat(of(all, "Hedge").getDuration("after")).isEqualTo(ofMillis(30));
    assertThat(of(all, "WorkAbandoned").getInt("stillRunning")).isEqualTo(3);
    assertThat(of(all, "LateResult").getDuration("ran")).isEqualTo(ofSeconds(9));
    assertThat(all).allMatch(event -> !event.toString().contains("secret"));
  }

  private static RecordedEvent of(List<RecordedEvent> events, String type) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("dev.resilience." + type))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void nothing_is_recorded_or_watched_unless_a_recording_asks() throws Exception {
    recording.close();
    recording = new Recording();
    recording.start();

    Context root = Context.observed(TimeSource.system(), JfrEvents.contexts());
    var ctx = root.withCancel();
    assertThat(JfrEvents.contexts().observerOf(ctx, root)).isNull();
    assertThat(JfrEvents.policies().wantsCalls()).isFalse();
    Resilience.of(JfrEvents.attempts("quotes")).call(ctx, c -> "quote");
    JfrEvents.policies().on(new PolicyEvent.WorkAbandoned("report", 3));
    ctx.close();

    assertThat(recorded("Attempt")).isEmpty();
    assertThat(RecordingFile.readAllEvents(folder.resolve("events.jfr")))
        .noneMatch(event -> event.getEventType().getName().startsWith("dev.resilience."));
  }

  /** The file has each event type of this module, and no other. */
  @Test
  void the_settings_name_all_events() throws Exception {
    new CallEvent().isEnabled(); // loads the classes
    for (Class<?> type : EventClasses.ALL) {
      Class.forName(type.getName());
    }
    List<String> types =
        FlightRecorder.getFlightRecorder().getEventTypes().stream()
            .map(EventType::getName)
            .filter(name -> name.startsWith("dev.resilience."))
            .sorted()
            .toList();

    assertThat(JfrEvents.configuration().getSettings().entrySet())
        .filteredOn(setting -> setting.getKey().endsWith("#enabled"))
        .allMatch(setting -> setting.getValue().equals("true"))
        .extracting(setting -> setting.getKey().replace("#enabled", ""))
        .containsExactlyInAnyOrderElementsOf(types);
    assertThat(types).hasSize(EventClasses.ALL.size());
  }

  @Test
  void the_settings_can_stand_beside_those_of_the_jdk() throws Exception {
    Path file = folder.resolve("resilience.jfc");
    Files.writeString(file, JfrEvents.configuration().getContents());

    assertThat(Configuration.create(file).getSettings())
        .containsEntry("dev.resilience.Context#enabled", "true");
  }

  /** JDK 17 forgets texts of 16 characters and more that an earlier recording has kept. */
  @Test
  void long_names_are_there_in_the_next_recording_too() throws Exception {
    var stack = Resilience.of(JfrEvents.attempts("a service with a long name"));
    Context root = request("a-long-request-id-of-32-letters").in(Context.background());
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 4; j++) {
        stack.call(root.withName("a page with a long name"), c -> "quote");
      }
      assertThat(recorded("Attempt"))
          .hasSize(4)
          .allSatisfy(
              event -> {
                assertThat(event.getString("policy")).isEqualTo("a service with a long name");
                assertThat(event.getString("context")).isEqualTo("a page with a long name");
                assertThat(event.getString("requestId"))
                    .isEqualTo("a-long-request-id-of-32-letters");
              });
      recording.close();
      start();
    }
  }

  @Test
  void durations_are_those_of_the_machine() throws Exception {
    Context root = Context.observed(TimeSource.system(), JfrEvents.contexts());
    root.withName("short").withTimeout(Duration.ofDays(1)).close();

    assertThat(recorded("Context").get(0).getDuration()).isLessThan(Duration.ofDays(1));
  }
}
