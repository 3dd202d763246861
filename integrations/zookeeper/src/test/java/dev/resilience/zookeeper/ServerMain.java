package dev.resilience.zookeeper;

import java.io.IOException;
import java.util.Properties;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** A ZooKeeper server. Ends with the process that started it, whatever becomes of that one. */
final class ServerMain {

  private ServerMain() {}

  /** With a host, a port, a folder, and the length of a tick. */
  public static void main(String... args) throws Exception {
    Thread parent = new Thread(ServerMain::endWithParent, "parent");
    parent.setDaemon(true);
    parent.start();
    System.setProperty("zookeeper.admin.enableServer", "false");
    System.setProperty("zookeeper.forceSync", "no");
    Properties properties = new Properties();
    properties.setProperty("clientPortAddress", args[0]);
    properties.setProperty("clientPort", args[1]);
    properties.setProperty("dataDir", args[2]);
    properties.setProperty("tickTime", args[3]);
    QuorumPeerConfig parsed = new QuorumPeerConfig();
    parsed.parseProperties(properties);
    ServerConfig config = new ServerConfig();
    config.readFrom(parsed);
    new ZooKeeperServerMain().runFromConfig(config);
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said.
      }
    } catch (IOException gone) {
      // As at the end.
    }
    Runtime.getRuntime().halt(0);
  }
}
