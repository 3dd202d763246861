package dev.resilience.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** The four kinds of calls, each begun, with one message sent where there is a stream. */
enum CallKind {
  UNARY {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      ClientCalls.asyncUnaryCall(channel.newCall(Strings.UNARY, options), "a", seen);
    }
  },
  SERVER_STREAM {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      ClientCalls.asyncServerStreamingCall(
          channel.newCall(Strings.SERVER_STREAM, options), "a", seen);
    }
  },
  CLIENT_STREAM {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      StreamObserver<String> requests =
          ClientCalls.asyncClientStreamingCall(
              channel.newCall(Strings.CLIENT_STREAM, options), seen);
      if (!seen.isOver()) {
        requests.onNext("a");
      }
    }
  },
  BIDI {
    @Override
    void start(Channel channel, CallOptions options, Seen seen) {
      StreamObserver<String> requests =
          ClientCalls.asyncBidiStreamingCall(channel.newCall(Strings.BIDI, options), seen);
      if (!seen.isOver()) {
        requests.onNext("a");
      }
    }
  };

  abstract void start(Channel channel, CallOptions options, Seen seen);
}
