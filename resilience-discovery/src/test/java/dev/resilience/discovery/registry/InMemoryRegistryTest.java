package dev.resilience.discovery.registry;

import dev.resilience.context.Context;
import dev.resilience.discovery.Eventually;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

class InMemoryRegistryTest extends ServiceRegistryContract {

  private final VirtualTime.Manual time = VirtualTime.manual();

  @Override
  protected Context root() {
    return Context.background(time);
  }

  @Override
  protected ServiceRegistry open(Context owner) {
    return ServiceRegistry.inMemory(owner);
  }

  @Override
  protected void eventually(ThrowingCallable assertion) throws Exception {
    Eventually.within(Duration.ofSeconds(5), time, assertion);
  }
}
