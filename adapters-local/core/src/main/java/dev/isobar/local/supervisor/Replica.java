package dev.isobar.local.supervisor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.local.file.Json;
import dev.isobar.local.http.LoopbackClient;
import dev.isobar.local.http.Reply;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.router.Upstream;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One live server process and what its last probe said. Used by the supervisor's thread; probes run on others and leave a verdict. */
final class Replica {
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final long STARTING_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long READY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How a probe ended. */
    enum Health {
        UNKNOWN,
        READY,
        REFUSED,
        NOT_READY,
        SILENT
    }

    /** A probe's verdict. */
    record Verdict(Health health, @Nullable String digest) {}

    private final ProcessRecord process;
    private final Upstream upstream;
    private final LoopbackClient client;
    private final long born = System.nanoTime();
    private volatile Verdict verdict = new Verdict(Health.UNKNOWN, null);
    private volatile boolean probing;
    private volatile long probed;
    private long healthySince;
    private long unhealthySince = born;
    private long drainingSince;
    private long askedToEnd;
    private final long logStart;

    Replica(ProcessRecord process, long logStart) {
        this.process = process;
        this.logStart = logStart;
        int port = Integer.parseInt(process.detail("port"));
        this.upstream = new Upstream(port);
        this.client = new LoopbackClient(port, PROBE_TIMEOUT);
    }

    ProcessRecord process() {
        return process;
    }

    Upstream upstream() {
        return upstream;
    }

    int index() {
        return Integer.parseInt(process.detail("replica"));
    }

    long logStart() {
        return logStart;
    }

    Verdict verdict() {
        return verdict;
    }

    boolean ready(String digest) {
        Verdict now = verdict;
        return now.health() == Health.READY && digest.equals(now.digest());
    }

    /** Starts a probe if it is time for one. */
    void probe(ExecutorService executor, Supervisor supervisor) {
        long now = System.nanoTime();
        if (probing || now - probed < (verdict.health() == Health.READY ? READY_NANOS : STARTING_NANOS)) {
            return;
        }
        probing = true;
        executor.execute(() -> {
            Verdict before = verdict;
            Verdict found = ask();
            verdict = found;
            probed = System.nanoTime();
            probing = false;
            if (!found.equals(before)) {
                supervisor.wake();
            }
        });
    }

    private Verdict ask() {
        try {
            int ping = client.get("/ping").status();
            if (ping != 200) {
                return new Verdict(Health.NOT_READY, null);
            }
            Reply status = client.get("/isobar/v1/status");
            JsonNode digest = Json.mapper().readTree(status.body()).path("model_digest");
            return new Verdict(Health.READY, digest.isTextual() ? digest.textValue() : null);
        } catch (ConnectException e) {
            return new Verdict(Health.REFUSED, null);
        } catch (IOException e) {
            return new Verdict(Health.SILENT, null);
        }
    }

    /** Keeps count of how long it has been well or not. */
    void clock(boolean ready) {
        long now = System.nanoTime();
        if (ready) {
            healthySince = healthySince == 0 ? now : healthySince;
            unhealthySince = 0;
        } else {
            healthySince = 0;
            unhealthySince = unhealthySince == 0 ? now : unhealthySince;
        }
    }

    long ageNanos() {
        return System.nanoTime() - born;
    }

    long unhealthyNanos() {
        return unhealthySince == 0 ? 0 : System.nanoTime() - unhealthySince;
    }

    boolean draining() {
        return drainingSince != 0;
    }

    /** No request goes there any more. */
    void drain() {
        if (drainingSince == 0) {
            drainingSince = System.nanoTime();
            upstream.retire();
            client.close();
        }
    }

    long drainingNanos() {
        return drainingSince == 0 ? 0 : System.nanoTime() - drainingSince;
    }

    boolean askedToEnd() {
        return askedToEnd != 0;
    }

    void markAskedToEnd() {
        askedToEnd = System.nanoTime();
    }

    long askedNanos() {
        return System.nanoTime() - askedToEnd;
    }

    void forget() {
        upstream.retire();
        client.close();
    }
}
