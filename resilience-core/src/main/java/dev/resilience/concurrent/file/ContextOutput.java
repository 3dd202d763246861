package dev.resilience.concurrent.file;

import dev.resilience.context.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes into a channel in chunks, and looks at the context before each. */
final class ContextOutput extends OutputStream {

  private final Context ctx;
  private final FileChannel channel;
  private final byte[] chunk;
  private int filled;
  private long written;

  ContextOutput(Context ctx, FileChannel channel, int size) {
    this.ctx = ctx;
    this.channel = channel;
    this.chunk = new byte[size];
  }

  @Override
  public void write(int oneByte) throws IOException {
    if (filled == chunk.length) {
      flush();
    }
    chunk[filled++] = (byte) oneByte;
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    int at = from;
    int left = count;
    while (left > 0) {
      if (filled == chunk.length) {
        flush();
      }
      int now = Math.min(left, chunk.length - filled);
      System.arraycopy(bytes, at, chunk, filled, now);
      filled += now;
      at += now;
      left -= now;
    }
  }

  /** Hands what was collected to the system. */
  @Override
  public void flush() throws IOException {
    ctx.throwIfDone();
    ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, filled);
    while (buffer.hasRemaining()) {
      written += channel.write(buffer);
    }
    filled = 0;
  }

  /** How many bytes were handed to the system. */
  long written() {
    return written;
  }
}
