package dev.isobar.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registry of this machine that speaks the OCI Distribution Specification over plain HTTP, as far as a pull and a push go
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md): it keeps what it accepts, and refuses a blob whose digest is another one or a
 * manifest whose blobs it has not.
 */
final class LocalRegistry implements AutoCloseable {
    private static final int TLS_HANDSHAKE = 0x16;
    private static final Pattern BLOB = Pattern.compile("/v2/(.+)/blobs/(sha256:[0-9a-f]{64})");
    private static final Pattern UPLOAD = Pattern.compile("/v2/(.+)/blobs/uploads/(\\d*)");
    private static final Pattern MANIFEST = Pattern.compile("/v2/(.+)/manifests/(.+)");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    final Map<String, String> types = new ConcurrentHashMap<>();
    final List<String> pushedBlobs = Collections.synchronizedList(new ArrayList<>());

    /** {@code user:password}; empty to let everybody in. */
    volatile String credentials = "";

    /** What every request for content is answered with, 0 for what it deserves. */
    volatile int refusal;

    private final Map<String, byte[]> uploads = new ConcurrentHashMap<>();
    private final AtomicInteger lastUpload = new AtomicInteger();
    private final HttpServer server;
    private final ServerSocket door;

    LocalRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(4, r -> {
            Thread thread = new Thread(r, "registry");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange);
            }
        });
        server.start();
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::open);
    }

    String host() {
        return "127.0.0.1:" + door.getLocalPort();
    }

    /** Turns TLS away at once, as registries do; the JDK's server would wait for a line break. */
    private void open() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                daemon(() -> pass(client));
            } catch (IOException e) {
                assertThat(door.isClosed()).as("closed, or else: " + e).isTrue();
            }
        }
    }

    private void pass(Socket client) {
        try (client;
                Socket inside = new Socket(
                        InetAddress.getLoopbackAddress(), server.getAddress().getPort())) {
            int first = client.getInputStream().read();
            if (first == TLS_HANDSHAKE) {
                client.getOutputStream().write("HTTP/1.0 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                return;
            }
            daemon(() -> copy(inside, client));
            if (first >= 0) {
                inside.getOutputStream().write(first);
                client.getInputStream().transferTo(inside.getOutputStream());
            }
        } catch (IOException e) {
            assertThat(e).as("a client that went away").isInstanceOf(SocketException.class);
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            assertThat(e).as("a client that went away").isInstanceOf(SocketException.class);
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "registry");
        thread.setDaemon(true);
        thread.start();
    }

    private void answer(HttpExchange x) throws IOException {
        byte[] body = x.getRequestBody().readAllBytes();
        String path = x.getRequestURI().getPath();
        String auth = x.getRequestHeaders().getFirst("Authorization");
        String expected = "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
        if (!credentials.isEmpty() && !expected.equals(auth)) {
            x.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"test\"");
            send(x, 401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who are you\"}]}");
        } else if (path.equals("/v2/")) {
            send(x, 200, "{}");
        } else if (refusal != 0) {
            send(x, refusal, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"you may not\"}]}");
        } else {
            content(x, path, body);
        }
    }

    private void content(HttpExchange x, String path, byte[] body) throws IOException {
        Matcher blob = BLOB.matcher(path);
        Matcher upload = UPLOAD.matcher(path);
        Matcher manifest = MANIFEST.matcher(path);
        boolean put = x.getRequestMethod().equals("PUT");
        if (blob.matches()) {
            byte[] bytes = blobs.get(blob.group(2));
            send(x, bytes == null ? 404 : 200, bytes == null ? new byte[0] : bytes);
        } else if (upload.matches()) {
            String id = upload.group(2).isEmpty() ? Integer.toString(lastUpload.incrementAndGet()) : upload.group(2);
            byte[] before = uploads.getOrDefault(id, new byte[0]);
            byte[] all = new byte[before.length + body.length];
            System.arraycopy(before, 0, all, 0, before.length);
            System.arraycopy(body, 0, all, before.length, body.length);
            uploads.put(id, all);
            if (put) {
                Matcher wanted = DIGEST.matcher(x.getRequestURI().getQuery());
                if (!wanted.find() || !wanted.group().equals(digest(all))) {
                    send(x, 400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}");
                    return;
                }
                blobs.put(wanted.group(), all);
                pushedBlobs.add(wanted.group());
                send(x, 201, "");
            } else {
                x.getResponseHeaders().add("Location", "/v2/" + upload.group(1) + "/blobs/uploads/" + id);
                send(x, 202, "");
            }
        } else if (manifest.matches()) {
            String at = manifest.group(1) + "/" + manifest.group(2);
            if (put) {
                Matcher named = DIGEST.matcher(new String(body, StandardCharsets.UTF_8));
                while (named.find()) {
                    if (!blobs.containsKey(named.group())) {
                        send(x, 400, "{\"errors\":[{\"code\":\"MANIFEST_BLOB_UNKNOWN\"}]}");
                        return;
                    }
                }
                for (String name : List.of(at, manifest.group(1) + "/" + digest(body))) {
                    manifests.put(name, body);
                    types.put(name, x.getRequestHeaders().getFirst("Content-Type"));
                }
                x.getResponseHeaders().add("Docker-Content-Digest", digest(body));
                send(x, 201, "");
            } else if (manifests.containsKey(at)) {
                x.getResponseHeaders().add("Content-Type", types.get(at));
                x.getResponseHeaders().add("Docker-Content-Digest", digest(manifests.get(at)));
                send(x, 200, manifests.get(at));
            } else {
                send(x, 404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}");
            }
        } else {
            send(x, 404, "");
        }
    }

    private static void send(HttpExchange x, int status, String text) throws IOException {
        send(x, status, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange x, int status, byte[] bytes) throws IOException {
        boolean head = x.getRequestMethod().equals("HEAD");
        if (head) {
            x.getResponseHeaders().add("Content-Length", Integer.toString(bytes.length));
        }
        x.sendResponseHeaders(status, head || bytes.length == 0 ? -1 : bytes.length);
        if (!head && bytes.length > 0) {
            x.getResponseBody().write(bytes);
        }
    }

    static String digest(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return String.format("sha256:%064x", new BigInteger(1, hash));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has it", e);
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        server.stop(0);
    }
}
