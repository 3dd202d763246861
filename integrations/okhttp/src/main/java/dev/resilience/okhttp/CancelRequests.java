package dev.resilience.okhttp;

import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.text.SafeText;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Tells servers that their client has left; nobody waits for an answer. */
final class CancelRequests {

  private static final Logger LOG = System.getLogger(OkHttpCalls.class.getName());
  private static final Callback NOBODY =
      new Callback() {
        @Override
        public void onResponse(Call call, Response response) {
          response.close();
        }

        @Override
        public void onFailure(Call call, IOException failure) {
          SafeText.log(LOG, Level.TRACE, "a cancel message was not answered", failure);
        }
      };

  private CancelRequests() {}

  static void send(OkHttpClient client, HttpUrl unwanted, String id) {
    try {
      HttpUrl address =
          unwanted.newBuilder().encodedPath(CancelMessage.PATH).query(null).fragment(null).build();
      Request message =
          new Request.Builder()
              .url(address)
              .header(HeaderNames.CANCEL_ID, id)
              .post(RequestBody.EMPTY)
              .build();
      Call call = client.newCall(message);
      call.timeout().timeout(1, TimeUnit.SECONDS);
      call.enqueue(NOBODY);
    } catch (Throwable notSent) {
      SafeText.log(LOG, Level.DEBUG, "a cancel message could not be sent", notSent);
    }
  }
}
