package dev.isobar.conformance.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** Hands bytes to and fro over plain TCP, and hangs up in the middle of a request or an answer when told to. Thread safe. */
public final class CuttingProxy implements AutoCloseable {
    private final ServerSocket server;
    private final URI target;
    private final AtomicInteger cuts = new AtomicInteger();
    private volatile int after;
    private volatile boolean cutsAnswers;

    private CuttingProxy(ServerSocket server, URI target) {
        this.server = server;
        this.target = target;
    }

    /** Listens on a free port of the loopback interface, in front of that address. */
    public static CuttingProxy start(URI target) throws IOException {
        CuttingProxy proxy = new CuttingProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
        thread(proxy::accept);
        return proxy;
    }

    /** Where it listens. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** Of the next connections whose answers are that long, hangs up in some behind so many bytes. */
    public void cut(int times, int bytes) {
        cutsAnswers = true;
        after = bytes;
        cuts.set(times);
    }

    /** The same of requests. */
    public void cutRequests(int times, int bytes) {
        cutsAnswers = false;
        after = bytes;
        cuts.set(times);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Socket real = new Socket(target.getHost(), target.getPort());
                thread(() -> copy(client, real, false));
                thread(() -> copy(real, client, true));
            }
        } catch (IOException e) {
            if (!server.isClosed()) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[16_384];
        long copied = 0;
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                int limit = after;
                boolean cut = answers == cutsAnswers && limit > 0 && copied + n >= limit && cuts.getAndDecrement() > 0;
                out.write(buffer, 0, cut ? (int) Math.max(0, limit - copied) : n);
                copied += n;
                if (cut) {
                    return;
                }
            }
        } catch (SocketException e) {
            // One side has hung up: so does the other.
            assert e.getMessage() != null;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void thread(Runnable work) {
        Thread thread = new Thread(work, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
