package dev.resilience.zookeeper;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three servers, of which one may be missing. */
class EnsembleTest {

  private TestingCluster cluster;
  private Scene scene;

  @BeforeEach
  void start() throws Exception {
    List<InstanceSpec> members = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      members.add(
          new InstanceSpec((File) null, -1, -1, -1, true, id, Connection.SESSION_MILLIS / 4, -1));
    }
    cluster = new TestingCluster(members);
    cluster.start();
    scene = new Scene(cluster.getConnectString(), Connection.LONG_SESSION_MILLIS);
  }

  @AfterEach
  void stop() throws Exception {
    scene.close();
    cluster.close();
  }

  @Test
  void the_member_to_which_the_caller_is_connected_is_killed_and_comes_back() throws Exception {
    InstanceSpec member =
        cluster.findConnectionInstance(scene.caller.curator.getZookeeperClient().getZooKeeper());
    cluster.killServer(member);
    scene.awaitRestoration();
    cluster.restartServer(member);
    scene.awaitRestoration();
    scene.assertThatEachAnswerNamedAll();
    scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
  }

  @Test
  void the_leader_is_killed_and_comes_back() throws Exception {
    InstanceSpec leader = leader();
    cluster.killServer(leader);
    scene.awaitRestoration();
    cluster.restartServer(leader);
    scene.awaitRestoration();
    scene.assertThatEachAnswerNamedAll();
    scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
  }

  @Test
  void two_members_are_killed_so_that_the_last_one_may_not_answer_and_come_back() throws Exception {
    List<InstanceSpec> two = List.copyOf(cluster.getInstances()).subList(0, 2);
    for (InstanceSpec member : two) {
      cluster.killServer(member);
    }
    scene.awaitAbsence();
    for (InstanceSpec member : two) {
      cluster.restartServer(member);
    }
    scene.awaitRestoration();
    scene.assertThatNobodyWasMissedByThoseWhoWatchOrCall();
  }

  private InstanceSpec leader() throws Exception {
    for (InstanceSpec member : cluster.getInstances()) {
      String status =
          FourLetterWordMain.send4LetterWord("127.0.0.1", member.getPort(), "srvr", false, 5_000);
      if (status.contains("Mode: leader")) {
        return member;
      }
    }
    throw new AssertionError("nobody leads");
  }
}
