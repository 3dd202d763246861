package dev.resilience.diagnostics;

import dev.resilience.text.SafeText;
import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** What is published by JMX, until this is closed. Thread-safe. */
public final class ManagementHandle implements AutoCloseable {

  private final MBeanServer server;
  private final ObjectName name;

  private ManagementHandle(MBeanServer server, ObjectName name) {
    this.server = server;
    this.name = name;
  }

  static ManagementHandle register(String type, String name, Object bean) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      ObjectName full =
          new ObjectName("dev.resilience:type=" + type + ",name=" + ObjectName.quote(name));
      server.registerMBean(bean, full);
      return new ManagementHandle(server, full);
    } catch (InstanceAlreadyExistsException taken) {
      throw new IllegalStateException(
          "name: '" + SafeText.of(name) + "' is published already (expected: one of its own)",
          taken);
    } catch (JMException refused) {
      throw new IllegalStateException("cannot publish '" + SafeText.of(name) + "' by JMX", refused);
    }
  }

  /** The name under which it is published, as JMX writes it. */
  public String objectName() {
    return name.toString();
  }

  /** Takes it back. Any number of times. */
  @Override
  public void close() {
    try {
      server.unregisterMBean(name);
    } catch (InstanceNotFoundException gone) {
      // Closed before.
    } catch (JMException refused) {
      throw new IllegalStateException("cannot take back " + SafeText.of(name), refused);
    }
  }
}
