package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.kinesis.RecordOperations.Page;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes a shard's records to one consumer, one event on its way at a time, so that a slow reader slows only itself. Ends after the service's five
 * minutes, at the shard's end, when another subscription takes over, or when the other side goes. Thread safe.
 */
final class Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);
    /** How often a subscription without records sends an empty event. */
    private static final Duration HEARTBEAT = Duration.ofMillis(500);

    private static final int MAX_RECORDS = 10_000;
    private static final int MAX_BYTES = 1 << 20;

    /** Where events go. */
    interface Sink {
        /** Sends bytes; runs {@code then} when the next ones may come. */
        void write(byte[] message, Runnable then);

        /** Nothing more comes. */
        void end();
    }

    private final Streams streams;
    private final KinesisStream stream;
    private final Shard shard;
    private final String consumer;
    private final Format format;
    private final Executor workers;
    private final long started = System.nanoTime();
    private final AtomicInteger asked = new AtomicInteger();
    private final Runnable listener = this::poke;
    private @Nullable Sink sink;
    private @Nullable ScheduledFuture<?> beat;
    private long index;
    private long lastSent;
    private boolean sentAny;
    private boolean inFlight;
    private boolean takenOver;
    private boolean ended;

    Subscription(
            Streams streams,
            KinesisStream stream,
            Shard shard,
            String consumer,
            long index,
            Format format,
            Executor workers) {
        this.streams = streams;
        this.stream = stream;
        this.shard = shard;
        this.consumer = consumer;
        this.index = index;
        this.format = format;
        this.workers = workers;
    }

    Format format() {
        return format;
    }

    /** How long ago it began. */
    long age() {
        return System.nanoTime() - started;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    /** Begins to send. */
    void start(Sink to) {
        synchronized (this) {
            if (ended) {
                return;
            }
            sink = to;
            inFlight = true;
            shard.listen(listener);
            long millis = HEARTBEAT.toMillis();
            beat = streams.scheduler().scheduleAtFixedRate(listener, millis, millis, TimeUnit.MILLISECONDS);
        }
        to.write(EventMessage.event("initial-response", format, emptyDocument()), this::written);
    }

    private byte[] emptyDocument() {
        return format.write(format.mapper().createObjectNode());
    }

    /** Another subscription of the same consumer to the same shard has begun. */
    void takeOver() {
        synchronized (this) {
            takenOver = true;
        }
        poke();
    }

    /** The other side is gone, or the server closes. */
    void cancel() {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            if (beat != null) {
                beat.cancel(false);
            }
        }
        shard.unlisten(listener);
    }

    private void written() {
        synchronized (this) {
            inFlight = false;
        }
        poke();
    }

    /** Looks for something to send; calls that come while it looks make it look once more. */
    private void poke() {
        if (asked.getAndIncrement() == 0) {
            try {
                workers.execute(this::look);
            } catch (RejectedExecutionException e) {
                LOG.debug("the server closes", e);
            }
        }
    }

    private void look() {
        int seen = asked.get();
        do {
            step();
            seen = asked.addAndGet(-seen);
        } while (seen != 0);
    }

    private synchronized void step() {
        Sink to = sink;
        if (ended || inFlight || to == null) {
            return;
        }
        try {
            if (takenOver) {
                throw Streams.inUse("Another subscription of consumer " + consumer + " to shard " + shard.id()
                        + " has taken over.");
            }
            if (age() > streams.settings().subscription().toNanos()) {
                end(to);
                return;
            }
            Optional<byte[]> event = streams.records(stream, this::event);
            if (event.isPresent()) {
                sentAny = true;
                lastSent = System.nanoTime();
                inFlight = true;
                boolean last = index == SequenceNumber.END;
                to.write(event.get(), last ? () -> end(to) : this::written);
            }
        } catch (ServiceError e) {
            fail(to, e.type(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("a subscription to {} of {} failed", shard.id(), stream.name(), e);
            fail(to, "InternalFailureException", String.valueOf(e));
        }
    }

    private void fail(Sink to, String type, String message) {
        ObjectNode payload = format.mapper().createObjectNode();
        payload.put("message", message);
        inFlight = true;
        to.write(EventMessage.exception(type, format, format.write(payload)), () -> end(to));
    }

    private void end(Sink to) {
        to.end();
        cancel();
    }

    /** The next event, if there is something to say. */
    private Optional<byte[]> event(KinesisStream s) throws IOException {
        StreamConsumer registered = s.consumers().values().stream()
                .filter(c -> c.arn().equals(consumer))
                .findFirst()
                .orElse(null);
        if (registered == null || !registered.status().equals(StreamConsumer.ACTIVE)) {
            throw Streams.notFound("Consumer " + consumer + " not found.");
        }
        boolean due = !sentAny || System.nanoTime() - lastSent >= HEARTBEAT.toNanos();
        long end = shard.log().next();
        if (index >= end && shard.open() && !due) {
            return Optional.empty();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = format.mapper().getFactory().createGenerator(bytes)) {
            out.writeStartObject();
            Page page = RecordOperations.records(shard, index, MAX_RECORDS, MAX_BYTES, out, format);
            index = page.next();
            if (page.atEnd() && !shard.open()) {
                out.writeFieldName("ChildShards");
                format.mapper().writeTree(out, RecordOperations.children(s, shard));
                index = SequenceNumber.END;
            } else {
                out.writeStringField(
                        "ContinuationSequenceNumber",
                        page.count() > 0
                                ? shard.sequence(index - 1, page.lastMillis())
                                : shard.before(index, System.currentTimeMillis()));
            }
            out.writeNumberField("MillisBehindLatest", page.behind());
            out.writeEndObject();
        }
        return Optional.of(EventMessage.event("SubscribeToShardEvent", format, bytes.toByteArray()));
    }
}
