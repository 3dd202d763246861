package dev.resilience.zookeeper;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * One server in a JVM of its own, in real time: killed, paused, cut off. Nobody who lives is lost.
 */
class ServerOutageTest {

  @Nested
  class That_is_killed {

    @Test
    void and_is_back_before_sessions_expire_is_hardly_missed() throws Exception {
      try (ServerProcess server = ServerProcess.launch();
          Scene scene = new Scene(server.address(), Connection.LONG_SESSION_MILLIS)) {
        server.kill();
        server.start();
        scene.awaitRestoration();
        scene.assertThatEachAnswerNamedAll();
        scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
      }
    }

    @Test
    void and_stays_away_until_all_sessions_are_lost_gets_all_registrations_back() throws Exception {
      try (ServerProcess server = ServerProcess.launch();
          Scene scene = new Scene(server.address())) {
        server.kill();
        scene.awaitAbsence();
        scene.awaitLossOfSessions();
        server.start();
        scene.awaitRestoration();
        scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
      }
    }

    @Test
    void and_has_lost_its_disk_gets_all_registrations_back() throws Exception {
      try (ServerProcess server = ServerProcess.launch();
          Scene scene = new Scene(server.address())) {
        server.kill();
        server.forgetEverything();
        server.start();
        scene.awaitRestoration();
        scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
      }
    }
  }

  @Nested
  class That_is_paused {

    @Test
    void and_finds_all_sessions_expired_when_it_goes_on_gets_all_registrations_back()
        throws Exception {
      try (ServerProcess server = ServerProcess.launch();
          Scene scene = new Scene(server.address())) {
        server.pause();
        scene.awaitAbsence();
        scene.awaitLossOfSessions();
        server.resume();
        scene.awaitRestoration();
        scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
      }
    }
  }

  @Nested
  class That_is_cut_off {

    @Test
    void and_has_expired_all_sessions_gets_all_registrations_back() throws Exception {
      try (HostBehindACable host = HostBehindACable.lay();
          ServerProcess server = ServerProcess.launch(host);
          Scene scene = new Scene(server.address())) {
        host.cut();
        scene.awaitAbsence();
        scene.awaitLossOfSessions();
        host.mend();
        scene.awaitRestoration();
        scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
      }
    }
  }
}
