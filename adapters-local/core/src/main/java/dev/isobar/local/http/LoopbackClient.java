package dev.isobar.local.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one port of this machine. A thread that calls does the work itself, one write and usually one read: nothing is handed between
 * threads, which on a small machine costs more than the request. Thread safe.
 *
 * @since 0.1
 */
public final class LoopbackClient implements AutoCloseable {
    private static final int MAX_BODY = 64 << 20;
    private static final int MAX_LINE = 64 << 10;

    /** A connection that rested longer is not trusted: the other side may be closing it just now. */
    private static final long MAX_IDLE_NANOS = Duration.ofSeconds(5).toNanos();

    private static final int MAX_KEPT = 64;

    private final int port;
    private final int timeoutMillis;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /**
     * Connects to nothing yet.
     *
     * @param timeout longest wait for a connection, and for each piece of the answer
     */
    public LoopbackClient(int port, Duration timeout) {
        this.port = port;
        this.timeoutMillis = Math.toIntExact(timeout.toMillis());
    }

    /** The port it talks to. */
    public int port() {
        return port;
    }

    /** Sends a request without a body. */
    public Reply get(String path) throws IOException {
        return exchange("GET", path, Map.of(), null);
    }

    /**
     * Sends a request and reads its answer. {@link java.net.ConnectException} means that nothing was sent; any other failure that the request may
     * have been received.
     *
     * @param body null for none
     */
    public Reply exchange(String method, String path, Map<String, String> headers, byte @Nullable [] body)
            throws IOException {
        byte[] request = encode(method, path, headers, body);
        Connection connection = rested();
        if (connection == null) {
            connection = new Connection(port, timeoutMillis);
        }
        boolean reusable = false;
        try {
            Reply reply = connection.exchange(request, method);
            reusable = !"close".equalsIgnoreCase(reply.header("connection"));
            return reply;
        } finally {
            if (reusable && !closed && idle.size() < MAX_KEPT) {
                connection.restingSince = System.nanoTime();
                idle.addFirst(connection);
            } else {
                connection.close();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Connection c = idle.pollFirst(); c != null; c = idle.pollFirst()) {
            c.close();
        }
    }

    private @Nullable Connection rested() {
        for (Connection c = idle.pollFirst(); c != null; c = idle.pollFirst()) {
            if (System.nanoTime() - c.restingSince < MAX_IDLE_NANOS) {
                return c;
            }
            c.close();
        }
        return null;
    }

    private byte[] encode(String method, String path, Map<String, String> headers, byte @Nullable [] body)
            throws ProtocolException {
        StringBuilder head = new StringBuilder(256)
                .append(method)
                .append(' ')
                .append(safe(path))
                .append(" HTTP/1.1\r\nHost: 127.0.0.1:")
                .append(port)
                .append("\r\n");
        for (Map.Entry<String, String> header : headers.entrySet()) {
            head.append(safe(header.getKey()))
                    .append(": ")
                    .append(safe(header.getValue()))
                    .append("\r\n");
        }
        if (body != null) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        if (body == null) {
            return start;
        }
        byte[] whole = new byte[start.length + body.length];
        System.arraycopy(start, 0, whole, 0, start.length);
        System.arraycopy(body, 0, whole, start.length, body.length);
        return whole;
    }

    private static String safe(String text) throws ProtocolException {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ') {
                throw new ProtocolException("a request's path and headers may not hold control characters");
            }
        }
        return text;
    }

    private static final class Connection {
        private final Socket socket;
        private final InputStream in;
        private long restingSince;

        Connection(int port, int timeoutMillis) throws IOException {
            socket = new Socket();
            boolean connected = false;
            try {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(timeoutMillis);
                socket.connect(
                        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port),
                        timeoutMillis);
                in = new BufferedInputStream(socket.getInputStream(), 8 << 10);
                connected = true;
            } finally {
                if (!connected) {
                    socket.close();
                }
            }
        }

        Reply exchange(byte[] request, String method) throws IOException {
            socket.getOutputStream().write(request);
            while (true) {
                String status = line();
                if (status.length() < 12 || !status.startsWith("HTTP/1.")) {
                    throw new ProtocolException("not an HTTP answer: " + status);
                }
                int code = number(status.substring(9, 12), 10);
                Map<String, String> headers = headers();
                if (code >= 200) {
                    return new Reply(code, headers, body(code, method, headers));
                }
            }
        }

        private Map<String, String> headers() throws IOException {
            Map<String, String> headers = new TreeMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                if (colon <= 0) {
                    throw new ProtocolException("not a header: " + line);
                }
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            return headers;
        }

        private byte[] body(int code, String method, Map<String, String> headers) throws IOException {
            if (code == 204 || code == 304 || method.equals("HEAD")) {
                return new byte[0];
            }
            String coding = headers.get("transfer-encoding");
            if (coding != null && coding.toLowerCase(Locale.ROOT).endsWith("chunked")) {
                return chunks();
            }
            String length = headers.get("content-length");
            if (length != null) {
                return exactly(number(length, 10));
            }
            headers.put("connection", "close");
            return in.readAllBytes();
        }

        private byte[] chunks() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (true) {
                String size = line();
                int extension = size.indexOf(';');
                int bytes = number((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
                if (bytes == 0) {
                    headers();
                    return body.toByteArray();
                }
                body.writeBytes(exactly((long) body.size() + bytes > MAX_BODY ? MAX_BODY + 1L : bytes));
                line();
            }
        }

        private byte[] exactly(long length) throws IOException {
            if (length < 0 || length > MAX_BODY) {
                throw new ProtocolException("an answer of " + length + " bytes is larger than " + MAX_BODY);
            }
            byte[] bytes = in.readNBytes((int) length);
            if (bytes.length < length) {
                throw new EOFException("the connection was closed within an answer");
            }
            return bytes;
        }

        private static int number(String text, int radix) throws ProtocolException {
            try {
                return Integer.parseInt(text, radix);
            } catch (NumberFormatException e) {
                throw new ProtocolException("not a number in an HTTP answer: " + text);
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder(64);
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new EOFException("the connection was closed before an answer");
                }
                if (line.length() >= MAX_LINE) {
                    throw new ProtocolException("a line of an answer is too long");
                }
                line.append((char) c);
            }
            int last = line.length() - 1;
            if (last >= 0 && line.charAt(last) == '\r') {
                line.setLength(last);
            }
            return line.toString();
        }

        void close() {
            try {
                socket.close();
            } catch (IOException e) {
                // Nobody waits for anything from it any more; the descriptor is gone either way.
                restingSince = 0;
            }
        }
    }
}
