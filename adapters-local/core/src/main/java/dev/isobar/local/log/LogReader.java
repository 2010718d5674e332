package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
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
        if (max < 1) {
            throw invalid("A poll wants " + max + " events; it must want at least 1");
        }
        if (closed) {
            throw invalid("The reader of stream " + stream + " is closed");
        }
        List<Delivery> out = new ArrayList<>(Math.min(max, 4096));
        long started = System.nanoTime();
        long patience = wait.toNanos();
        long pause = SHORTEST_PAUSE_NANOS;
        try {
            while (true) {
                take(out, max);
                long left = patience - (System.nanoTime() - started);
                if (!out.isEmpty() || left <= 0) {
                    return out;
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

    private void take(List<Delivery> out, int max) throws IOException {
        int dry = 0;
        while (out.size() < max && dry < cursors.size()) {
            dry = cursors.get(turn).poll(out, max - out.size()) ? 0 : dry + 1;
            turn = (turn + 1) % cursors.size();
        }
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
