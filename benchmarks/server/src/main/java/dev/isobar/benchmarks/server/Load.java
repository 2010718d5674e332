package dev.isobar.benchmarks.server;

import dev.isobar.benchmarks.workload.JsonLine;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * Asks a server and checks every answer. Closed loop (a rate of 0): each connection sends when its answer has come, which finds the maximum. Open loop: requests
 * are due at fixed times whatever the server does; latency counts from when a request was due, and beside it from when it was written. One thread, which in the
 * open loop never sleeps, so that requests leave when they are due and an answer's time is not that of the next look: it needs a core of its own.
 */
final class Load {
    private static final int OUTSTANDING = 1 << 16;
    private static final long TICK_MILLIS = 10;
    private static final byte[] PROBABILITY = "\"probability\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
    /** One ulp of a sum that another library rounds in another order; our own server is exact, which its unit tests hold. */
    private static final double TOLERANCE = 5e-7;

    private final Scene.Questions questions;
    private final byte[][] requests = new byte[Scene.CARDS][];
    /** What a card's probability looked like when it was first read and found right. */
    private final byte[][] seen = new byte[Scene.CARDS][];

    private final boolean echo;
    private final Connection[] connections;
    private final Selector selector = Selector.open();
    private final Histogram fromSend = new Histogram(3);
    private final Histogram fromDue = new Histogram(3);
    private long answered;
    private long answeredInAll;
    private long right;
    private long wrong;
    private long refused;
    private long other;
    private String firstOther = "";
    private int next;

    private final class Connection {
        final SocketChannel channel;
        ByteBuffer in = ByteBuffer.allocate(1 << 16);
        ByteBuffer out = ByteBuffer.allocate(1 << 16);
        final int[] card = new int[OUTSTANDING];
        final long[] due = new long[OUTSTANDING];
        final long[] sent = new long[OUTSTANDING];
        int first;
        int last;

        Connection(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
            in.flip();
        }

        int outstanding() {
            return last - first;
        }

        /** Queues a request; false if so many are open that the server is plainly not answering. */
        boolean send(long dueAt, long now) {
            byte[] request = requests[next];
            if (outstanding() == OUTSTANDING || out.remaining() < request.length) {
                return false;
            }
            int slot = last & (OUTSTANDING - 1);
            card[slot] = next;
            due[slot] = dueAt;
            sent[slot] = now;
            last = last + 1;
            next = (next + 1) % Scene.CARDS;
            out.put(request);
            return true;
        }

        /** Writes what is queued, as far as the socket takes it; the rest goes with the next call. */
        void flush() throws IOException {
            if (out.position() > 0) {
                out.flip();
                channel.write(out);
                out.compact();
            }
        }

        void read() throws IOException {
            in.compact();
            int n = channel.read(in);
            in.flip();
            if (n < 0) {
                throw new EOFException("the server closed a connection");
            }
            while (one()) {}
        }

        private boolean one() {
            byte[] b = in.array();
            int begin = in.position();
            int end = in.limit();
            int head = blank(b, begin, end);
            if (head < 0) {
                return false;
            }
            int length = length(b, begin, head);
            if (head + length > end) {
                return false;
            }
            in.position(head + length);
            int slot = first & (OUTSTANDING - 1);
            first = first + 1;
            answered++;
            answeredInAll++;
            int status = (b[begin + 9] - '0') * 100 + (b[begin + 10] - '0') * 10 + b[begin + 11] - '0';
            if (status == 200) {
                if (check(card[slot], b, head, head + length)) {
                    right++;
                    long now = System.nanoTime();
                    fromSend.recordValue(now - sent[slot]);
                    fromDue.recordValue(Math.max(0, now - due[slot]));
                } else {
                    wrong++;
                }
            } else if (status == 429) {
                refused++;
            } else {
                other++;
                if (firstOther.isEmpty()) {
                    firstOther = new String(b, begin, head + length - begin, StandardCharsets.ISO_8859_1);
                }
            }
            return true;
        }
    }

    private Load(Scene.Questions questions, int port, int count, boolean echo) throws IOException {
        this.questions = questions;
        this.echo = echo;
        for (int i = 0; i < requests.length; i++) {
            String body = questions.bodies()[i];
            requests[i] = ("POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                            + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII);
        }
        connections = new Connection[count];
        for (int i = 0; i < count; i++) {
            connections[i] = new Connection(port);
        }
    }

    /** {@code FOLDER PORT connections rate warmUpSeconds seconds echo}. */
    static JsonLine run(List<String> args) throws IOException {
        Load load = new Load(
                Scene.questions(Path.of(args.get(0))),
                Integer.parseInt(args.get(1)),
                Integer.parseInt(args.get(2)),
                Boolean.parseBoolean(args.get(6)));
        double rate = Double.parseDouble(args.get(3));
        load.drive(rate, Double.parseDouble(args.get(4)));
        load.settle();
        load.forget();
        long begun = System.nanoTime();
        load.drive(rate, Double.parseDouble(args.get(5)));
        double seconds = (System.nanoTime() - begun) / 1e9;
        long answered = load.right;
        load.settle();
        return new JsonLine()
                .put("seconds", seconds)
                .put("per_second", answered / seconds)
                .put("answered", load.answered)
                .put("answered_in_all", load.answeredInAll)
                .put("right", load.right)
                .put("wrong", load.wrong)
                .put("refused", load.refused)
                .put("other", load.other)
                .put("first_other", load.firstOther)
                .put("send_p50_us", load.fromSend.getValueAtPercentile(50) / 1e3)
                .put("send_p99_us", load.fromSend.getValueAtPercentile(99) / 1e3)
                .put("due_p50_us", load.fromDue.getValueAtPercentile(50) / 1e3)
                .put("due_p99_us", load.fromDue.getValueAtPercentile(99) / 1e3)
                .put("max_us", load.fromDue.getMaxValue() / 1e3);
    }

    /** What the warm-up counted: it counts, so that what counts is compiled when it matters. What was wrong stays wrong. */
    private void forget() {
        fromSend.reset();
        fromDue.reset();
        answered = 0;
        right = 0;
        refused = 0;
    }

    private void drive(double rate, double seconds) throws IOException {
        long begun = System.nanoTime();
        long end = begun + (long) (seconds * 1e9);
        if (rate > 0) {
            open(rate, begun, end);
            return;
        }
        for (Connection c : connections) {
            if (c.outstanding() == 0) {
                c.send(begun, begun);
                c.flush();
            }
        }
        while (System.nanoTime() < end) {
            if (selector.select(TICK_MILLIS) > 0) {
                serve(true);
            }
        }
    }

    private void open(double rate, long begun, long end) throws IOException {
        double gap = 1e9 / rate;
        long issued = 0;
        int turn = 0;
        for (long now = begun; now < end; now = System.nanoTime()) {
            long due = begun + (long) (issued * gap);
            int refusing = 0;
            while (due <= now && refusing < connections.length) {
                Connection c = connections[turn];
                turn = (turn + 1) % connections.length;
                // A connection that takes no more leaves its turn to the next; if none does, the request stays due.
                if (c.send(due, System.nanoTime())) {
                    due = begun + (long) (++issued * gap);
                    refusing = 0;
                } else {
                    refusing++;
                }
                c.flush();
            }
            if (selector.selectNow() > 0) {
                serve(false);
            }
        }
        for (Connection c : connections) {
            while (c.out.position() > 0) {
                c.flush();
                if (selector.selectNow() > 0) {
                    serve(false);
                }
            }
        }
    }

    private void serve(boolean again) throws IOException {
        Set<SelectionKey> keys = selector.selectedKeys();
        for (SelectionKey key : keys) {
            Connection c = (Connection) key.attachment();
            c.read();
            if (again) {
                if (c.outstanding() == 0) {
                    long now = System.nanoTime();
                    c.send(now, now);
                }
                c.flush();
            }
        }
        keys.clear();
    }

    /** Waits for what is still open. */
    private void settle() throws IOException {
        long end = System.nanoTime() + 20_000_000_000L;
        while (Arrays.stream(connections).anyMatch(c -> c.outstanding() > 0)) {
            if (System.nanoTime() > end) {
                throw new IOException("answers are missing after 20 s");
            }
            if (selector.select(TICK_MILLIS) > 0) {
                serve(false);
            }
        }
    }

    private boolean check(int card, byte[] b, int from, int to) {
        if (echo) {
            return to - from == questions.bodies()[card].length();
        }
        int at = from;
        while (at < to - PROBABILITY.length && !matches(b, at, PROBABILITY)) {
            at++;
        }
        at += PROBABILITY.length;
        byte[] known = seen[card];
        if (known != null && at + known.length < to && matches(b, at, known) && ends(b[at + known.length])) {
            return true;
        }
        int end = at;
        while (end < to && !ends(b[end])) {
            end++;
        }
        String text = new String(b, at, end - at, StandardCharsets.US_ASCII);
        if (Math.abs(Double.parseDouble(text) - questions.expected()[card]) > TOLERANCE) {
            return false;
        }
        seen[card] = text.getBytes(StandardCharsets.US_ASCII);
        return true;
    }

    private static boolean ends(byte b) {
        return b == ',' || b == '}';
    }

    private static boolean matches(byte[] b, int at, byte[] text) {
        for (int i = 0; i < text.length; i++) {
            if (b[at + i] != text[i]) {
                return false;
            }
        }
        return true;
    }

    private static int blank(byte[] b, int from, int to) {
        for (int i = from; i + 3 < to; i++) {
            if (b[i] == '\r' && b[i + 1] == '\n' && b[i + 2] == '\r' && b[i + 3] == '\n') {
                return i + 4;
            }
        }
        return -1;
    }

    private static int length(byte[] b, int from, int to) {
        for (int i = from; i + LENGTH.length < to; i++) {
            if (b[i] != '\n') {
                continue;
            }
            int k = 0;
            while (k < LENGTH.length && (b[i + 1 + k] | 0x20) == (LENGTH[k] | 0x20)) {
                k++;
            }
            if (k == LENGTH.length) {
                int n = 0;
                for (int d = i + 1 + k; b[d] != '\r'; d++) {
                    n = b[d] == ' ' ? n : 10 * n + b[d] - '0';
                }
                return n;
            }
        }
        throw new IllegalStateException(
                "an answer without a length: " + new String(b, from, to - from, StandardCharsets.ISO_8859_1));
    }
}
