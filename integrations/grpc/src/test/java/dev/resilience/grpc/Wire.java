package dev.resilience.grpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A server with the methods of {@link Strings}, and channels to it. */
final class Wire implements AutoCloseable {

  enum Transport {
    /** No sockets; where asked for, no threads either. */
    IN_PROCESS,
    /** HTTP/2 over a loopback socket. */
    NETTY
  }

  /** What the server does; by default nothing ever answers. */
  static class Service {

    void unary(String request, StreamObserver<String> answer) {}

    void serverStream(String request, StreamObserver<String> answer) {}

    StreamObserver<String> clientStream(StreamObserver<String> answer) {
      return new Seen();
    }

    StreamObserver<String> bidi(StreamObserver<String> answer) {
      return new Seen();
    }
  }

  private final Transport transport;
  private final Server server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final boolean isDirect;

  static Wire open(Transport transport, Service service, ServerInterceptor... interceptors) {
    return new Wire(transport, false, service, interceptors);
  }

  /** All that happens happens on the thread that makes it happen: for virtual time. */
  static Wire direct(Service service, ServerInterceptor... interceptors) {
    return new Wire(Transport.IN_PROCESS, true, service, interceptors);
  }

  private Wire(
      Transport transport, boolean isDirect, Service service, ServerInterceptor... interceptors) {
    this.transport = transport;
    this.isDirect = isDirect;
    ServerBuilder<?> builder =
        transport == Transport.NETTY
            ? NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            : InProcessServerBuilder.forName(InProcessServerBuilder.generateName());
    builder.executor(isDirect ? Runnable::run : threads).addService(definition(service));
    for (ServerInterceptor interceptor : interceptors) {
      builder.intercept(interceptor);
    }
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ServerServiceDefinition definition(Service service) {
    return ServerServiceDefinition.builder("test.Strings")
        .addMethod(
            ServerMethodDefinition.create(
                Strings.UNARY, ServerCalls.asyncUnaryCall(service::unary)))
        .addMethod(
            ServerMethodDefinition.create(
                Strings.IDEMPOTENT, ServerCalls.asyncUnaryCall(service::unary)))
        .addMethod(
            ServerMethodDefinition.create(
                Strings.SERVER_STREAM, ServerCalls.asyncServerStreamingCall(service::serverStream)))
        .addMethod(
            ServerMethodDefinition.create(
                Strings.CLIENT_STREAM, ServerCalls.asyncClientStreamingCall(service::clientStream)))
        .addMethod(
            ServerMethodDefinition.create(
                Strings.BIDI, ServerCalls.asyncBidiStreamingCall(service::bidi)))
        .build();
  }

  Channel channel(ClientInterceptor... interceptors) {
    var builder =
        transport == Transport.NETTY
            ? NettyChannelBuilder.forAddress(server.getListenSockets().get(0)).usePlaintext()
            : InProcessChannelBuilder.forAddress(server.getListenSockets().get(0));
    if (isDirect) {
      builder.directExecutor();
    }
    ManagedChannel channel = builder.disableRetry().intercept(interceptors).build();
    channels.add(channel);
    return channel;
  }

  /** Cuts all connections of the clients. */
  void cut() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  @Override
  public void close() throws InterruptedException {
    cut();
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    threads.shutdownNow();
  }
}
