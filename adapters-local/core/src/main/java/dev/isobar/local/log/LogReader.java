package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.EventSink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Reads all partitions in turn, a frame of each at a time, so that none starves. Not thread safe. */
final class LogReader implements EventReader {
    private static final long SHORTEST_PAUSE_NANOS = 200_000;
    private static final long LONGEST_PAUSE_NANOS = 10_000_000;

    private final String stream;
    private final List<PartitionCursor> cursors;
    private int turn;
    private boolean closed;

    LogReader(String stream, List<PartitionCursor> cursors) {
        this.stream = stream;
        this.cursors = cursors;
    }

    @Override
    public List<Delivery> poll(int max, Duration wait) {
        List<Delivery> out = new ArrayList<>(Math.min(Math.max(max, 0), 4096));
        poll(max, wait, e -> out.add(new Delivery(e.event(), e.partition(), e.position())));
        return out;
    }

    @Override
    public int poll(int max, Duration wait, EventSink into) {
        if (max < 1) {
            throw invalid("A poll wants " + max + " events; it must want at least 1");
        }
        if (closed) {
            throw invalid("The reader of stream " + stream + " is closed");
        }
        long started = System.nanoTime();
        long patience = wait.toNanos();
        long pause = SHORTEST_PAUSE_NANOS;
        try {
            while (true) {
                int shown = show(max, into);
                long left = patience - (System.nanoTime() - started);
                if (shown > 0 || left <= 0) {
                    return shown;
                }
                LockSupport.parkNanos(this, Math.min(pause, left));
                if (Thread.currentThread().isInterrupted()) {
                    throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while waiting for events of " + stream)
                            .at("EventStream", "poll")
                            .resource(stream)
                            .build();
                }
                pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
            }
        } catch (IOException e) {
            throw IsobarException.io("reading stream " + stream, e);
        }
    }

    private int show(int max, EventSink into) throws IOException {
        int dry = 0;
        int shown = 0;
        while (shown < max && dry < cursors.size()) {
            int more = cursors.get(turn).show(max - shown, into);
            dry = more >= 0 ? 0 : dry + 1;
            shown += Math.max(0, more);
            turn = (turn + 1) % cursors.size();
        }
        return shown;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            for (PartitionCursor cursor : cursors) {
                cursor.close();
            }
        } catch (IOException e) {
            throw IsobarException.io("closing the reader of stream " + stream, e);
        }
    }

    private IsobarException invalid(String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .at("EventStream", "poll")
                .resource(stream)
                .build();
    }
}
