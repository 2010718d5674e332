package dev.isobar.runtime.step;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.FeatureKernel;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.Request;
import dev.isobar.port.Endpoints.Response;
import dev.isobar.port.EventStream;
import dev.isobar.runtime.history.Feed;
import dev.isobar.runtime.history.KnownTimeSlices;
import dev.isobar.runtime.history.KnownTimeSlices.Slice;
import dev.isobar.runtime.history.LakeFeed;
import dev.isobar.runtime.history.LogFeed;
import dev.isobar.runtime.history.Recorded;
import dev.isobar.runtime.monitor.LatencyMonitor;
import dev.isobar.runtime.thread.Workers;
import dev.isobar.spec.StreamSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Replays what comes after the acceptance cut as live traffic: events come from the log in known-time order, the online state follows, and every decision is asked of the endpoint at its own time.
 * The log's commit and the milestone follow the state they describe; after a death the unfinished slice is asked again under the same prediction ids, and nothing before it: a log
 * that keeps order per key only shows days of events again behind its commit, of which the online state, which is ahead of them, could not answer any more.
 */
final class LiveReplay {
    private static final int CLIENTS = 64;
    private static final int MOST_INSTANCES = 64;
    private static final long PATIENCE_NANOS = 120_000_000_000L;
    private static final String MILESTONE = "monitor.served";
    private static final JsonFactory JSON = new JsonFactory();

    private final RunContext run;
    private final String endpoint;
    private final long from;
    private final LatencyMonitor latency;

    /**
     * How far the replay is.
     *
     * @param decisions how many were answered
     * @param until all that were known before this
     */
    private record Served(long decisions, long until) {}

    /** Is told how far the replay's clock is. */
    interface Clock {
        /** Everything known before this has been served. */
        void at(long micros);
    }

    LiveReplay(RunContext run, String endpoint, long from, LatencyMonitor latency) {
        this.run = run;
        this.endpoint = endpoint;
        this.from = from;
        this.latency = latency;
    }

    /**
     * Plays to the end of what is recorded.
     *
     * @param total decisions expected, for progress
     */
    void play(long total, Clock clock) {
        FeatureKernel kernel = new FeatureKernel(run.plan(), KnownTimeSlices.retention(run.spec()));
        Served before =
                run.journal().result(run.runId(), MILESTONE, Served.class).orElse(new Served(0, from));
        OnlineState online = OnlineState.restore(
                run.target().onlineStore(), run.namespace(), run.runId(), kernel, () -> anew(kernel, before.until()));
        long served = before.decisions();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS, r -> {
            Thread t = new Thread(r, "isobar-client");
            t.setDaemon(true);
            return t;
        });
        try (KnownTimeSlices slices = new KnownTimeSlices(run.spec(), run.plan(), kernel, this::feed)) {
            for (Slice slice = slices.next(Long.MAX_VALUE); slice != null; slice = slices.next(Long.MAX_VALUE)) {
                boolean ahead = slice.to() > before.until();
                if (ahead) {
                    online.flush();
                    List<Recorded> live = slice.decisions().stream()
                            .filter(d -> d.availableTime() >= before.until())
                            .toList();
                    ask(live, clients);
                    served += live.size();
                    clock.at(slice.to());
                }
                for (Feed feed : slices.feeds().values()) {
                    ((LogFeed) feed).commit();
                }
                if (ahead) {
                    run.journal().milestone(run.runId(), MILESTONE, new Served(served, slice.to()));
                    run.progress(MonitorStep.NAME, "predictions", served, total);
                }
            }
        } finally {
            clients.shutdownNow();
        }
    }

    /** The state at the end of what was served follows from the events alone, and the lake has them all. */
    private void anew(FeatureKernel kernel, long until) {
        run.listener().notice("The online state is gone; it is made anew from the events in the lake");
        try (KnownTimeSlices slices = new KnownTimeSlices(
                run.spec(),
                run.plan(),
                kernel,
                s -> new LakeFeed(run.target().offlineStore(), run.events(s), until, null))) {
            long events = 0;
            for (Slice slice = slices.next(until); slice != null; slice = slices.next(until)) {
                events += slice.events();
                run.progress(MonitorStep.NAME, "events of the lost state", events, -1);
            }
            slices.advance(until);
        }
    }

    private LogFeed feed(StreamSpec stream) {
        EventStream log = run.target().eventStream();
        String name = run.stream(stream.name());
        int partitions = log.describe(name)
                .orElseThrow(() -> IsobarException.of(ErrorCode.NOT_FOUND, "Stream '" + name + "' is gone from the log")
                        .at("EventStream", "describe")
                        .resource(name)
                        .hint("Somebody removed it while the run was unfinished.")
                        .build())
                .partitions();
        return new LogFeed(log, name, "live", stream.schema(), partitions);
    }

    /** Decisions of one instant are one request, as they would be live: they become known together. */
    private static List<List<Recorded>> byInstant(List<Recorded> decisions) {
        List<List<Recorded>> requests = new ArrayList<>();
        List<Recorded> now = List.of();
        for (Recorded d : decisions) {
            if (now.isEmpty() || now.size() == MOST_INSTANCES || now.get(0).availableTime() != d.availableTime()) {
                now = new ArrayList<>();
                requests.add(now);
            }
            now.add(d);
        }
        return requests;
    }

    private void ask(List<Recorded> live, ExecutorService clients) {
        List<List<Recorded>> decisions = byInstant(live);
        AtomicInteger next = new AtomicInteger();
        AtomicLong failures = new AtomicLong();
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(CLIENTS, decisions.size()); i++) {
            workers.add(clients.submit(() -> {
                Schema schema = run.plan().decisionSchema();
                for (int n = next.getAndIncrement();
                        n < decisions.size() && failures.get() == 0;
                        n = next.getAndIncrement()) {
                    try {
                        one(decisions.get(n), schema);
                    } catch (RuntimeException e) {
                        failures.incrementAndGet();
                        throw e;
                    }
                }
            }));
        }
        Workers.join(workers, "The replay");
    }

    /** Asks until it is answered: a replica that is being restarted or is full says so and is asked again; anything else is a failure. */
    private void one(List<Recorded> decisions, Schema schema) {
        Endpoints endpoints = run.target().endpoints();
        Request request = new Request("/invocations", "application/json", Map.of(), body(decisions, schema));
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long pause = 10;
        while (true) {
            String trouble;
            try {
                long start = System.nanoTime();
                Response response = endpoints.invoke(endpoint, request);
                if (response.status() == 200) {
                    long took = System.nanoTime() - start;
                    synchronized (latency) {
                        latency.addNanos(took);
                    }
                    return;
                }
                trouble = "status " + response.status() + ": "
                        + new String(response.body(), StandardCharsets.UTF_8).strip();
                if (response.status() != 429 && response.status() < 502) {
                    throw IsobarException.of(
                                    ErrorCode.WORKLOAD_FAILED,
                                    "Endpoint '" + endpoint + "' refused decision "
                                            + decisions.get(0).id()
                                            + (decisions.size() == 1 ? "" : " and those of its instant") + ": "
                                            + trouble)
                            .at("Endpoints", "invoke")
                            .resource(endpoint)
                            .hint(run.command("logs") + " shows the server's side.")
                            .build();
                }
            } catch (IsobarException e) {
                if (!e.retryable()) {
                    throw e;
                }
                trouble = String.valueOf(e.getMessage());
            }
            if (System.nanoTime() > deadline) {
                throw IsobarException.of(
                                ErrorCode.UNAVAILABLE,
                                "Endpoint '" + endpoint + "' did not answer for two minutes; last: " + trouble)
                        .at("Endpoints", "invoke")
                        .resource(endpoint)
                        .hint("`isobar status" + run.onTarget()
                                + "` shows its replicas. Run the same command again: it goes on where it stopped.")
                        .build();
            }
            Waiting.millis(pause);
            pause = Math.min(500, pause * 2);
        }
    }

    /** The decisions as a client would send them, under ids that do not change when they are asked again. */
    private byte[] body(List<Recorded> decisions, Schema schema) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator g = JSON.createGenerator(out)) {
            g.writeStartObject();
            g.writeArrayFieldStart("instances");
            for (Recorded decision : decisions) {
                instance(g, decision, schema);
            }
            g.writeEndArray();
            g.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory", e);
        }
        return out.toByteArray();
    }

    private void instance(JsonGenerator g, Recorded decision, Schema schema) throws IOException {
        g.writeStartObject();
        Row row = decision.row();
        for (int i = 0; i < schema.size(); i++) {
            if (row.isNull(i)) {
                continue;
            }
            g.writeFieldName(schema.field(i).name());
            FieldType type = schema.field(i).type();
            switch (type) {
                case INT32, INT64 -> g.writeNumber(row.word(i));
                case FLOAT64 -> g.writeNumber(row.float64(i));
                case BOOL -> g.writeBoolean(row.word(i) != 0);
                case STRING, TIMESTAMP, LOCAL_TIMESTAMP -> g.writeString(RowText.format(row, i));
            }
        }
        g.writeStringField("prediction_id", RunContext.predictionId(run.runId(), decision.id()));
        g.writeEndObject();
    }
}
