package dev.isobar.emulation.serving;

import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.Ports;
import dev.isobar.emulation.state.Folders;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process that serves: asked for its health until it answers 200, and started again when it dies. One that lives but stops answering is not replaced. Thread
 * safe.
 */
public final class Replica {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final long ASK_EVERY_MILLIS = 25;
    /** A container that ends this often before its first answer will not come up. */
    private static final int STARTS = 3;

    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final long MAX_PAUSE_MILLIS = 30_000;

    private final Hosting hosting;
    private final Container container;
    private final String id;
    private final Path folder;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean closing;
    private volatile boolean ready;
    private volatile @Nullable Child child;
    private volatile int port;

    /** One that is not started yet. */
    public Replica(Hosting hosting, Container container, String id) {
        this.hosting = hosting;
        this.container = container;
        this.id = id;
        this.folder = hosting.folders().resolve(id);
    }

    /** Returns when it answers. */
    public void start() throws StartFailure, InterruptedException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StartFailure("There is no folder for " + id + ": " + e.getMessage());
        }
        container.prepare(folder);
        launch();
    }

    /** Whether it answers. */
    public boolean ready() {
        return ready;
    }

    /** The process's id, or -1. */
    public long pid() {
        Child now = child;
        return now == null ? -1 : now.pid();
    }

    /** Where a path of it is. */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Takes part in a request, unless it is about to be stopped or not ready; {@link #end} must follow if so. */
    public boolean begin() {
        inFlight.incrementAndGet();
        if (closing || !ready) {
            inFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Ends what was begun. */
    public void end() {
        inFlight.decrementAndGet();
    }

    /** Takes no more requests, lets those that run end, then stops the process. */
    public void stop(Duration drain) throws InterruptedException {
        closing = true;
        Instant limit = Instant.now().plus(drain);
        while (inFlight.get() > 0 && Instant.now().isBefore(limit)) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        ready = false;
        Child now = child;
        if (now != null) {
            now.stop(container.grace());
        }
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            LOG.warn("Cannot remove {}", folder, e);
        }
    }

    private void launch() throws StartFailure, InterruptedException {
        Instant limit = Instant.now().plus(container.startup());
        String ending = "";
        for (int starts = 0; starts < STARTS && Instant.now().isBefore(limit); starts++) {
            try {
                port = Ports.free();
            } catch (IOException e) {
                throw new StartFailure("There is no free port: " + e.getMessage());
            }
            Child started = container.start(id, folder, port);
            child = started;
            if (closing) {
                started.kill();
                break;
            }
            if (answers(started, limit)) {
                ready = true;
                started.exit().thenAcceptAsync(this::died, hosting.threads());
                return;
            }
            if (started.alive()) {
                started.kill();
                ending = "It did not answer GET " + container.health() + " with 200 within "
                        + container.startup().toSeconds() + " s.";
            } else {
                ending = "It ended with exit code " + started.exit().join() + ".";
            }
        }
        throw container.down(ending);
    }

    private boolean answers(Child started, Instant limit) throws InterruptedException {
        HttpRequest question = HttpRequest.newBuilder(uri(container.health()))
                .timeout(ASK_TIMEOUT)
                .build();
        while (started.alive() && !closing && Instant.now().isBefore(limit)) {
            try {
                if (hosting.http()
                                .send(question, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200) {
                    return started.alive();
                }
            } catch (IOException e) {
                LOG.trace("{} does not answer yet", id, e);
            }
            TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MILLIS);
        }
        return false;
    }

    private void died(int code) {
        ready = false;
        long pause = FIRST_PAUSE_MILLIS;
        while (!closing) {
            LOG.info("{} ended with exit code {}: starting it again", container.name(), code);
            try {
                launch();
                return;
            } catch (StartFailure e) {
                LOG.info("{}", e.reason());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = Math.min(2 * pause, MAX_PAUSE_MILLIS);
        }
    }
}
