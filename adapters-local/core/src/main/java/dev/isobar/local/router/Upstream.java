package dev.isobar.local.router;

import java.util.concurrent.atomic.AtomicInteger;

/** One replica as the router sees it. Thread safe. */
public final class Upstream {
    private final int port;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean retired;

    /** A replica that listens on this port of this machine. */
    public Upstream(int port) {
        this.port = port;
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** Requests that it is answering now. */
    public int inFlight() {
        return inFlight.get();
    }

    /** No request will be sent to it any more; its connections may go once they rest. */
    public void retire() {
        retired = true;
    }

    boolean retired() {
        return retired;
    }

    void begin() {
        inFlight.incrementAndGet();
    }

    void end() {
        inFlight.decrementAndGet();
    }
}
