package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

class InMemoryRegistryTest extends ServiceRegistryContract {

  private final VirtualTime.Manual time = VirtualTime.manual();

  @Override
  Context root() {
    return Context.background(time);
  }

  @Override
  ServiceRegistry open(Context owner) {
    return ServiceRegistry.inMemory(owner);
  }

  @Override
  void eventually(ThrowingCallable assertion) throws Exception {
    Eventually.within(Duration.ofSeconds(5), time, assertion);
  }
}
