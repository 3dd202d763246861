/**
 * Contexts, deadlines, statuses and policies for gRPC clients and servers, as interceptors.
 *
 * <p>{@link dev.resilience.grpc.ContextClientInterceptor} ends a call with its context and puts a
 * stack of policies around unary calls; {@link dev.resilience.grpc.ContextServerInterceptor} gives
 * each call a context of its own; {@link dev.resilience.grpc.GrpcContexts} converts between the two
 * kinds of context, {@link dev.resilience.grpc.GrpcStatuses} between statuses and failures.
 */
@NullMarked
package dev.resilience.grpc;

import org.jspecify.annotations.NullMarked;
