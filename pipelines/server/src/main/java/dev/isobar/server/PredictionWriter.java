package dev.isobar.server;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.AppendResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The prediction log by group commit: what waits is appended in one call by one thread, and whoever waits is told when it is durable. So the cost of an
 * fsync or a round trip is shared by all requests that arrive during the one before. Where the log has proven to take no longer than the way to that thread and
 * back, as one in memory does, whoever flushes appends itself, as long as it stays so. Thread safe.
 */
final class PredictionWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PredictionWriter.class);
    /** Most events of one append call; a request of more instances goes alone. */
    private static final int MOST_EVENTS = 2_000;

    private static final long MOST_BYTES = 4L << 20;
    /** So many failed appends one after the other are no accident. */
    private static final int PERSISTENT = 3;

    private static final long PROBE_MILLIS = 1_000;
    /** About what handing over to another thread and being told by it costs. Nothing that reaches a disk or a network is faster. */
    private static final long QUICK_NANOS = 20_000;

    /** So many quick appends in a row are no accident. */
    static final int PROVEN = 200;

    private final EventStream log;
    private final String stream;
    private final LongSupplier clock;
    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Deque<Entry> queue = new ArrayDeque<>();
    /** What a thread has begun to append and not flushed. */
    private final ThreadLocal<List<Entry>> held = ThreadLocal.withInitial(ArrayList::new);
    /** Predictions held back or in the queue. */
    private final AtomicInteger waiting = new AtomicInteger();

    private volatile boolean closed;

    /** Somebody is appending: the appender, or a thread that flushes. */
    private boolean appending;

    private final Thread appender;
    // Of whoever is appending:
    private String producer = newProducer();
    private long sequence;
    /** So many appends in a row took no longer than a hop to another thread and back. */
    private int quick;

    private volatile int failures;

    private record Entry(List<Event> events, long bytes, CompletableFuture<@Nullable Void> done) {}

    /** @param capacity how many predictions may wait; a request that does not fit is {@code THROTTLED} */
    PredictionWriter(EventStream log, String stream, int capacity) {
        this(log, stream, capacity, System::nanoTime);
    }

    PredictionWriter(EventStream log, String stream, int capacity, LongSupplier clock) {
        this.clock = clock;
        this.log = log;
        this.stream = stream;
        this.capacity = capacity;
        this.appender = new Thread(this::run, "isobar-prediction-log");
        appender.setDaemon(true);
        appender.start();
    }

    /** Makes sure that the stream is there. */
    static void createIfAbsent(EventStream log, String stream) {
        if (log.describe(stream).isEmpty()) {
            log.create(stream, 1);
        }
    }

    /**
     * Appends the predictions of one request, once this thread says {@link #flush()}.
     *
     * @return completes when the log holds all of them durably; fails with {@code UNAVAILABLE} if it does not
     * @throws IsobarException {@code THROTTLED} if too many wait; {@code UNAVAILABLE} after {@link #close()}
     */
    CompletionStage<@Nullable Void> append(List<Event> events) {
        if (closed) {
            throw stopping();
        }
        int count = events.size();
        int before = waiting.getAndAdd(count);
        // A request that is larger than the queue has its turn when nobody else waits.
        if (before > 0 && before + count > capacity) {
            waiting.addAndGet(-count);
            throw IsobarException.of(
                            ErrorCode.THROTTLED,
                            before + " predictions wait to be logged; no more than " + capacity + " may.")
                    .at("EventStream", "append")
                    .resource(stream)
                    .hint("Wait as long as Retry-After says, then send it again.")
                    .build();
        }
        long bytes = 0;
        for (Event e : events) {
            bytes += 64 + e.payload().length;
        }
        Entry entry = new Entry(events, bytes, new CompletableFuture<>());
        held.get().add(entry);
        return entry.done;
    }

    /** Lets what this thread has appended go, all at once. Does not wait for a log that is slow. */
    void flush() {
        List<Entry> mine = held.get();
        if (mine.isEmpty()) {
            return;
        }
        List<Entry> batch = List.copyOf(mine);
        mine.clear();
        boolean refused;
        boolean own = false;
        lock.lock();
        try {
            refused = closed;
            if (!refused) {
                own = !appending && quick >= PROVEN && queue.isEmpty() && fits(batch);
                if (own) {
                    appending = true;
                } else {
                    queue.addAll(batch);
                    arrived.signal();
                }
            }
        } finally {
            lock.unlock();
        }
        if (refused) {
            for (Entry entry : batch) {
                waiting.addAndGet(-entry.events.size());
                entry.done.completeExceptionally(stopping());
            }
        } else if (own) {
            for (Entry entry : batch) {
                waiting.addAndGet(-entry.events.size());
            }
            write(batch);
            done();
        }
    }

    private static boolean fits(List<Entry> batch) {
        int events = 0;
        long bytes = 0;
        for (Entry entry : batch) {
            events += entry.events.size();
            bytes += entry.bytes;
        }
        return batch.size() == 1 || (events <= MOST_EVENTS && bytes <= MOST_BYTES);
    }

    /** Whoever appended lets the next one do so. */
    private void done() {
        lock.lock();
        try {
            appending = false;
            if (closed || !queue.isEmpty()) {
                arrived.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private static IsobarException stopping() {
        return IsobarException.of(ErrorCode.UNAVAILABLE, "The prediction log is closed: the server is stopping.")
                .hint("Ask another replica.")
                .build();
    }

    /** Whether nothing waits and nobody appends. */
    boolean idle() {
        lock.lock();
        try {
            return !appending && queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** False while appends keep failing. */
    boolean healthy() {
        return failures < PERSISTENT;
    }

    /** Appends what waits, then stops. Returns when that is done. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (appender.isAlive()) {
            try {
                appender.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<Entry> batch = new ArrayList<>();
        while (true) {
            batch.clear();
            boolean more = next(batch);
            if (!batch.isEmpty()) {
                write(batch);
                done();
            } else if (!more) {
                return;
            } else {
                probe();
            }
        }
    }

    /**
     * Takes what waits, up to the limits of one call; waits for it if there is nothing, but not for ever while the log is ill.
     *
     * @return false after the end
     */
    private boolean next(List<Entry> batch) {
        lock.lock();
        try {
            while (appending || (queue.isEmpty() && !closed)) {
                if (appending || healthy()) {
                    arrived.awaitUninterruptibly();
                } else if (!await()) {
                    return true;
                }
            }
            int events = 0;
            long bytes = 0;
            for (Entry e = queue.peek(); e != null; e = queue.peek()) {
                if (!batch.isEmpty() && (events + e.events.size() > MOST_EVENTS || bytes + e.bytes > MOST_BYTES)) {
                    break;
                }
                queue.remove();
                batch.add(e);
                events += e.events.size();
                bytes += e.bytes;
            }
            waiting.addAndGet(-events);
            appending = !batch.isEmpty();
            return !closed || !batch.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private boolean await() {
        try {
            return arrived.await(PROBE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; close() ends it.
            return false;
        }
    }

    /** A replica that is not ready gets no requests, so it must find out by itself when the log is well again. */
    private void probe() {
        try {
            if (log.describe(stream).isPresent()) {
                // Not all forgiven: the next failure counts.
                failures = PERSISTENT - 1;
            }
        } catch (RuntimeException e) {
            LOG.debug("prediction log {} is still out of reach", stream, e);
        }
    }

    private void write(List<Entry> batch) {
        List<Event> events;
        if (batch.size() == 1) {
            events = batch.get(0).events;
        } else {
            events = new ArrayList<>(batch.size());
            for (Entry e : batch) {
                if (e.events.size() == 1) {
                    events.add(e.events.get(0));
                } else {
                    events.addAll(e.events);
                }
            }
        }
        AppendResult result;
        long begun = clock.getAsLong();
        try {
            result = log.append(new AppendRequest(stream, producer, sequence, events));
            quick = clock.getAsLong() - begun < QUICK_NANOS ? Math.min(quick + 1, PROVEN) : 0;
        } catch (RuntimeException | Error e) {
            quick = 0;
            failed(e.getMessage() == null ? e.toString() : e.getMessage(), e);
            IsobarException why =
                    notLogged(e instanceof IsobarException i ? i : null, String.valueOf(e.getMessage()), e);
            batch.forEach(entry -> entry.done.completeExceptionally(why));
            return;
        }
        Map<Integer, String> refused = result.failures();
        if (refused.isEmpty()) {
            sequence += events.size();
            failures = 0;
            batch.forEach(entry -> entry.done.complete(null));
            return;
        }
        failed(
                refused.size() + " of " + events.size() + " events: "
                        + refused.values().iterator().next(),
                null);
        int from = 0;
        for (Entry entry : batch) {
            String why = null;
            for (int i = 0; i < entry.events.size() && why == null; i++) {
                why = refused.get(from + i);
            }
            from += entry.events.size();
            if (why == null) {
                entry.done.complete(null);
            } else {
                entry.done.completeExceptionally(notLogged(null, why, null));
            }
        }
    }

    /** Whether an append that failed took effect is not known; its sequences must never name other events. */
    private void failed(String why, @Nullable Throwable cause) {
        producer = newProducer();
        sequence = 0;
        failures = Math.min(failures + 1, PERSISTENT);
        if (failures < PERSISTENT) {
            LOG.warn("Predictions could not be logged to {}: {}", stream, why);
        } else {
            LOG.error("Predictions cannot be logged to {}; this replica is not ready: {}", stream, why, cause);
        }
    }

    private IsobarException notLogged(@Nullable IsobarException known, String why, @Nullable Throwable cause) {
        String hint = known == null ? null : known.hint();
        return IsobarException.of(
                        ErrorCode.UNAVAILABLE,
                        "The prediction was not answered because it could not be logged to '" + stream + "': " + why)
                .at("EventStream", "append")
                .resource(stream)
                .hint(hint == null ? "Send it again; if it stays like this, see the server's log." : hint)
                .cause(cause)
                .build();
    }

    private static String newProducer() {
        return "server-" + UUID.randomUUID();
    }
}
