package dev.resilience.zookeeper;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.util.List;

/**
 * A network namespace of this machine, with an address of its own and one cable to it, which can be
 * cut: packets then go nowhere, and nobody is told.
 */
final class HostBehindACable implements AutoCloseable {

  private final String name;
  private final String near;
  private final String far;
  private final String net;

  private HostBehindACable(long number) {
    name = "host" + number;
    near = "near" + number;
    far = "far" + number;
    net = "10.213." + number % 250 + ".";
  }

  /** Where the machine allows none, the test is skipped. */
  static HostBehindACable lay() throws IOException, InterruptedException {
    HostBehindACable host = new HostBehindACable(ProcessHandle.current().pid() % 1_000_000);
    try {
      Command.run("ip", "netns", "add", host.name);
    } catch (IOException refused) {
      abort("no network namespaces here, which need root and iproute2: " + refused.getMessage());
    }
    try {
      host.connect();
    } catch (IOException refused) {
      host.close();
      abort("no cables between network namespaces here: " + refused.getMessage());
    }
    return host;
  }

  private void connect() throws IOException, InterruptedException {
    Command.run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
    Command.run("ip", "addr", "add", net + "1/30", "dev", near);
    Command.run("ip", "-n", name, "addr", "add", net + "2/30", "dev", far);
    Command.run("ip", "link", "set", near, "up");
    mend();
  }

  String address() {
    return net + "2";
  }

  /** What to put in front of a command that is to run there. */
  List<String> command() {
    return List.of("ip", "netns", "exec", name);
  }

  void cut() throws IOException, InterruptedException {
    Command.run("ip", "-n", name, "link", "set", far, "down");
  }

  void mend() throws IOException, InterruptedException {
    Command.run("ip", "-n", name, "link", "set", far, "up");
  }

  /** After what runs there has ended. The cable goes with it. */
  @Override
  public void close() throws IOException, InterruptedException {
    Command.run("ip", "netns", "del", name);
  }
}
