package dev.resilience.examples.diagnostics;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.PrintStream;
import java.util.TreeSet;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The contexts of another JVM, as {@code jcmd PID Thread.print} shows its threads: attaches to a
 * process of this machine and user, and prints the tree of each monitor that it has published. The
 * other side needs no more than {@code monitor.publish()}; this one needs the JDK alone.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=diagnostics.ContextDump -Dargs=4711
 * mvn -q -Pdemo -Dmain=diagnostics.ContextDump -Dargs="4711 200"    # at most 200 contexts
 * }</pre>
 */
public final class ContextDump {

  private static final int MOST = 1_000;

  private ContextDump() {}

  /** With the id of a process, and how many contexts are shown at most. */
  public static void main(String... args) throws Exception {
    if (args.length == 0) {
      System.out.println("The id of a process is missing: -Dargs=PID (jps lists them)");
      return;
    }
    dump(args[0], args.length > 1 ? Integer.parseInt(args[1]) : MOST, System.out);
  }

  @SuppressWarnings("BanJNDI") // the address is that of the process itself, on this machine
  static void dump(String pid, int most, PrintStream out)
      throws AttachNotSupportedException, IOException, JMException {
    VirtualMachine other = VirtualMachine.attach(pid);
    try (JMXConnector connector =
        JMXConnectorFactory.connect(new JMXServiceURL(other.startLocalManagementAgent()))) {
      MBeanServerConnection server = connector.getMBeanServerConnection();
      ObjectName monitors = new ObjectName("dev.resilience:type=ContextMonitor,*");
      for (ObjectName monitor : new TreeSet<>(server.queryNames(monitors, null))) {
        out.println(
            server.invoke(
                monitor, "dump", new Object[] {most}, new String[] {int.class.getName()}));
      }
    } finally {
      other.detach();
    }
  }
}
