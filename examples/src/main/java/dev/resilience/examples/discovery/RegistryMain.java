package dev.resilience.examples.discovery;

import java.util.Properties;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** The registry: ZooKeeper's own server, on loopback. */
final class RegistryMain {

  private RegistryMain() {}

  /** With a port, a folder, and the milliseconds of a tick: sessions last 2 to 20 ticks. */
  public static void main(String... args) throws Exception {
    Parent.listen(line -> {});
    System.setProperty("zookeeper.admin.enableServer", "false");
    Properties properties = new Properties();
    properties.setProperty("clientPortAddress", "127.0.0.1");
    properties.setProperty("clientPort", args[0]);
    properties.setProperty("dataDir", args[1]);
    properties.setProperty("tickTime", args[2]);
    QuorumPeerConfig parsed = new QuorumPeerConfig();
    parsed.parseProperties(properties);
    ServerConfig config = new ServerConfig();
    config.readFrom(parsed);
    new ZooKeeperServerMain().runFromConfig(config);
  }
}
