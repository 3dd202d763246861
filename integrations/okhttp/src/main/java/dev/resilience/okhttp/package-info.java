/**
 * OkHttp under contexts and policies: {@link dev.resilience.okhttp.OkHttpCalls} for whole calls,
 * {@link dev.resilience.okhttp.ContextInterceptor} for libraries that make the calls themselves,
 * such as Retrofit.
 */
@NullMarked
package dev.resilience.okhttp;

import org.jspecify.annotations.NullMarked;
