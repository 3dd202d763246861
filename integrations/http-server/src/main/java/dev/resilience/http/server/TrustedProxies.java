package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.SafeText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The proxies whose word counts for where a request came from: {@code X-Forwarded-For}, or {@code
 * Forwarded} (RFC 7239) where they {@linkplain #writingForwarded write that}. Only one of the two
 * is read: a header that the proxies do not write is passed on as anybody has sent it.
 *
 * <p>The header is read from its end, which the nearest proxy has written: as long as an address is
 * a trusted proxy's, the one before it counts. Whatever stands further ahead was written by
 * anybody. At most 32 addresses are looked at; one that is none ends the search and is counted. No
 * name is ever looked up. Thread-safe.
 */
public final class TrustedProxies {

  private static final int MOST_HOPS = 32;
  private static final String USUAL = "X-Forwarded-For";
  private static final String STANDARD = "Forwarded";
  private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
  private static final Pattern V4 = Pattern.compile("(" + OCTET + "\\.){3}" + OCTET);
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");

  private final List<Network> networks;
  private final boolean isStandard;
  private final LongAdder ignored = new LongAdder();

  private TrustedProxies(List<Network> networks, boolean isStandard) {
    this.networks = networks;
    this.isStandard = isStandard;
  }

  /** Trusts nobody: the client is the other end of the connection. */
  public static TrustedProxies none() {
    return new TrustedProxies(List.of(), false);
  }

  /**
   * Trusts some networks.
   *
   * @param networks addresses or CIDR blocks, such as {@code 10.0.0.0/8} or {@code ::1}
   */
  public static TrustedProxies of(String... networks) {
    List<Network> parsed = new ArrayList<>();
    for (String network : networks) {
      parsed.add(Network.of(requireNonNull(network, "network")));
    }
    return new TrustedProxies(List.copyOf(parsed), false);
  }

  /** The same proxies, which write {@code Forwarded} (RFC 7239) and not {@code X-Forwarded-For}. */
  public TrustedProxies writingForwarded() {
    return new TrustedProxies(networks, true);
  }

  /** How many entries were no address. */
  long ignored() {
    return ignored.sum();
  }

  /** The client's address; empty where the other end of the connection is not known. */
  Optional<String> clientOf(ServerExchange exchange) {
    InetSocketAddress peer = exchange.remoteAddress();
    InetAddress client = peer == null ? null : peer.getAddress();
    if (client == null) {
      return Optional.empty();
    }
    if (isTrusted(client)) {
      for (String hop : hopsFromTheEnd(exchange)) {
        InetAddress before = parse(hop);
        if (before == null) {
          ignored.increment();
          break;
        }
        client = before;
        if (!isTrusted(client)) {
          break;
        }
      }
    }
    return Optional.of(client.getHostAddress());
  }

  private List<String> hopsFromTheEnd(ServerExchange exchange) {
    List<String> lines = new ArrayList<>(exchange.headers(isStandard ? STANDARD : USUAL));
    Collections.reverse(lines);
    List<String> hops = new ArrayList<>();
    for (String line : lines) {
      if (isStandard) {
        hops.addAll(ForwardedHeader.nodesFromTheEnd(line, MOST_HOPS - hops.size()));
        continue;
      }
      int end = line.length();
      while (end >= 0 && hops.size() < MOST_HOPS) {
        int comma = line.lastIndexOf(',', end - 1);
        hops.add(line.substring(comma + 1, end).strip());
        end = comma;
      }
    }
    return hops;
  }

  private boolean isTrusted(InetAddress address) {
    byte[] bytes = address.getAddress();
    return networks.stream().anyMatch(network -> network.contains(bytes));
  }

  /** An address, also with a port as some proxies write it; null: it is none. */
  private static @Nullable InetAddress parse(String text) {
    String bare = text;
    if (bare.startsWith("[")) {
      int close = bare.indexOf(']');
      bare = close < 0 ? bare : bare.substring(1, close);
    } else if (bare.indexOf(':') == bare.lastIndexOf(':') && bare.indexOf(':') > 0) {
      bare = bare.substring(0, bare.indexOf(':'));
    }
    boolean isLiteral =
        V4.matcher(bare).matches() || (bare.indexOf(':') >= 0 && V6.matcher(bare).matches());
    try {
      return isLiteral ? InetAddress.getByName(bare) : null; // a literal is not looked up
    } catch (UnknownHostException malformed) {
      return null;
    }
  }

  /** The first bits of an address. */
  private static final class Network {

    private final byte[] prefix;
    private final int bits;

    private Network(byte[] prefix, int bits) {
      this.prefix = prefix;
      this.bits = bits;
    }

    static Network of(String text) {
      int slash = text.indexOf('/');
      InetAddress address = parse(slash < 0 ? text : text.substring(0, slash));
      int longest = address == null ? 0 : address.getAddress().length * 8;
      String length = slash < 0 ? Integer.toString(longest) : text.substring(slash + 1);
      if (address == null || !length.matches("\\d{1,3}") || Integer.parseInt(length) > longest) {
        throw new IllegalArgumentException(
            "network: '"
                + SafeText.of(text)
                + "' (expected: an address or a block, such as 10.0.0.0/8)");
      }
      return new Network(address.getAddress(), Integer.parseInt(length));
    }

    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit & 7);
        if (((address[bit >> 3] ^ prefix[bit >> 3]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }
}
