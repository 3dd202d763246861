package dev.resilience.discovery.health;

import dev.resilience.discovery.registry.ServiceInstance;
import java.nio.channels.AsynchronousSocketChannel;

/** Healthy is an instance that accepts a connection. */
final class TcpCheck extends SocketCheck {

  @Override
  void connected(AsynchronousSocketChannel channel, ServiceInstance instance, ThreadHeld result) {
    result.complete(null);
  }
}
