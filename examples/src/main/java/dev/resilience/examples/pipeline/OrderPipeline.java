package dev.resilience.examples.pipeline;

/** The main demo. A placeholder until the pipeline stands: it echoes its arguments. */
public final class OrderPipeline {
  private OrderPipeline() {}

  /** Runs the demo. */
  public static void main(String... args) {
    System.out.println("order pipeline: nothing here yet; arguments: " + String.join(" ", args));
  }
}
