package dev.resilience.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import org.jspecify.annotations.Nullable;

/** What servlets get: completing or dispatching has no effect once the request has ended. */
final class GuardedAsync implements AsyncContext {

  private final ServletExchange owner;
  private final AsyncContext real;

  GuardedAsync(ServletExchange owner, AsyncContext real) {
    this.owner = owner;
    this.real = real;
  }

  @Override
  public @Nullable ServletRequest getRequest() {
    return real.getRequest();
  }

  @Override
  public @Nullable ServletResponse getResponse() {
    return real.getResponse();
  }

  @Override
  public boolean hasOriginalRequestAndResponse() {
    return real.hasOriginalRequestAndResponse();
  }

  @Override
  public void dispatch() {
    owner.changing(real::dispatch);
  }

  @Override
  public void dispatch(String path) {
    owner.changing(() -> real.dispatch(path));
  }

  @Override
  public void dispatch(ServletContext context, String path) {
    owner.changing(() -> real.dispatch(context, path));
  }

  @Override
  public void complete() {
    owner.completeAsync(real);
  }

  @Override
  public void start(Runnable run) {
    real.start(run);
  }

  @Override
  public void addListener(AsyncListener listener) {
    real.addListener(listener);
  }

  @Override
  public void addListener(
      AsyncListener listener, ServletRequest request, ServletResponse response) {
    real.addListener(listener, request, response);
  }

  @Override
  public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
    return real.createListener(type);
  }

  @Override
  public void setTimeout(long timeout) {
    real.setTimeout(timeout);
  }

  @Override
  public long getTimeout() {
    return real.getTimeout();
  }
}
