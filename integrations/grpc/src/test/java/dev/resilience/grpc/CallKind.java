package dev.resilience.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** The four kinds of calls, each begun, with one message sent where there is a stream. */
enum CallKind {
  UNARY(Strings.UNARY) {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      ClientCalls.asyncUnaryCall(channel.newCall(method, options), "a", seen);
    }
  },
  SERVER_STREAM(Strings.SERVER_STREAM) {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      ClientCalls.asyncServerStreamingCall(channel.newCall(method, options), "a", seen);
    }
  },
  CLIENT_STREAM(Strings.CLIENT_STREAM) {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      StreamObserver<String> requests =
          ClientCalls.asyncClientStreamingCall(channel.newCall(method, options), seen);
      if (!seen.isOver()) {
        requests.onNext("a");
      }
    }
  },
  BIDI(Strings.BIDI) {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      StreamObserver<String> requests =
          ClientCalls.asyncBidiStreamingCall(channel.newCall(method, options), seen);
      if (!seen.isOver()) {
        requests.onNext("a");
      }
    }
  };

  final MethodDescriptor<String, String> method;

  CallKind(MethodDescriptor<String, String> method) {
    this.method = method;
  }

  abstract void start(Channel channel, CallOptions options, Seen seen);
}
