package dev.resilience.zookeeper;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * One server in a JVM of its own, in real time: killed, paused, cut off. Nobody who lives is lost.
 */
class ServerOutageTest {

  @Nested
  class ThatIsKilled {

    @Test
    void andIsBackBeforeSessionsExpireIsHardlyMissed() throws Exception {
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
    void andStaysAwayUntilAllSessionsAreLostGetsAllRegistrationsBack() throws Exception {
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
    void andHasLostItsDiskGetsAllRegistrationsBack() throws Exception {
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
  class ThatIsPaused {

    @Test
    void andFindsAllSessionsExpiredWhenItGoesOnGetsAllRegistrationsBack() throws Exception {
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
  class ThatIsCutOff {

    @Test
    void andHasExpiredAllSessionsGetsAllRegistrationsBack() throws Exception {
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
