package dev.isobar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The prediction log's writer")
class PredictionWriterTest {
    private final Recording log = new Recording();
    private final AtomicLong clock = new AtomicLong();
    private final PredictionWriter writer = new PredictionWriter(log, "predictions", 100, clock::get);

    @AfterEach
    void close() {
        writer.close();
    }

    @Test
    @DisplayName("holds back what a thread appends until it flushes, and logs it in one call in its order")
    void whatAThreadAppendsIsLoggedTogetherWhenItFlushes() {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            done.add(append("p" + i));
        }
        assertThat(log.calls).isEmpty();
        assertThat(done).noneMatch(CompletableFuture::isDone);
        writer.flush();
        done.forEach(CompletableFuture::join);
        assertThat(log.calls).hasSize(1);
        assertThat(log.calls.get(0).ids).containsExactly("p0", "p1", "p2", "p3", "p4");
    }

    @Test
    @DisplayName("counts what is held back towards what may wait")
    void whatIsHeldBackCounts() {
        for (int i = 0; i < 100; i++) {
            append("p" + i);
        }
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> append("one too many"));
        assertThat(e.code()).isEqualTo(ErrorCode.THROTTLED);
        writer.flush();
        await().until(() -> log.events() == 100);
        CompletableFuture<Void> next = append("next");
        writer.flush();
        next.join();
        assertThat(log.events()).isEqualTo(101);
    }

    @Test
    @DisplayName("never appends to a log that is slow on the thread that flushes")
    void aSlowLogIsAppendedByItsOwnThread() {
        log.takes = 100_000;
        for (int i = 0; i < 2 * PredictionWriter.PROVEN; i++) {
            logOne(i);
        }
        assertThat(log.calls).noneMatch(c -> c.thread == Thread.currentThread());
    }

    @Test
    @DisplayName(
            "appends on the thread that flushes once the log has proven quick, until it is slow again, and loses no order")
    void aQuickLogIsAppendedByWhoFlushes() {
        log.takes = 100;
        int before = PredictionWriter.PROVEN;
        for (int i = 0; i < before + 10; i++) {
            logOne(i);
        }
        assertThat(log.calls.subList(0, before)).noneMatch(c -> c.thread == Thread.currentThread());
        assertThat(log.calls.subList(before, before + 10)).allMatch(c -> c.thread == Thread.currentThread());
        log.takes = 50_000;
        logOne(before + 10);
        log.takes = 100;
        for (int i = 0; i < 10; i++) {
            logOne(before + 11 + i);
        }
        assertThat(log.calls.subList(before + 11, before + 21)).noneMatch(c -> c.thread == Thread.currentThread());
        long sequence = 0;
        for (int i = 0; i < log.calls.size(); i++) {
            assertThat(log.calls.get(i).ids).containsExactly("p" + i);
            assertThat(log.calls.get(i).first).isEqualTo(sequence++);
        }
    }

    @Test
    @DisplayName("lets others wait in the queue while somebody appends")
    void onlyOneAppendsAtATime() throws Exception {
        log.takes = 100;
        for (int i = 0; i < PredictionWriter.PROVEN; i++) {
            logOne(i);
        }
        log.gate = new CountDownLatch(1);
        int calls = log.calls.size();
        Thread first = new Thread(() -> {
            append("first");
            writer.flush();
        });
        first.start();
        await().until(() -> log.calls.size() == calls + 1);
        CompletableFuture<Void> second = append("second");
        writer.flush();
        assertThat(second).isNotDone();
        log.gate.countDown();
        second.join();
        first.join();
        assertThat(log.most).isEqualTo(1);
        assertThat(log.calls.get(calls + 1).ids).containsExactly("second");
        assertThat(log.calls.get(calls + 1).thread).isNotSameAs(Thread.currentThread());
    }

    @Test
    @DisplayName("fails what is flushed after its end")
    void whatComesAfterTheEndFails() {
        CompletableFuture<Void> held = append("held");
        writer.close();
        writer.flush();
        assertThat(held).isCompletedExceptionally();
        assertThat(log.calls).isEmpty();
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> append("late"));
        assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    private void logOne(int i) {
        CompletableFuture<Void> done = append("p" + i);
        writer.flush();
        done.join();
        // The log's thread has said so before it waits again; only then is a thread that flushes free to append.
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(writer::idle);
    }

    private CompletableFuture<Void> append(String id) {
        return writer.append(List.of(Event.insert(id, "key", 1, 1, "schema", new byte[8])))
                .toCompletableFuture();
    }

    private record Call(Thread thread, long first, List<String> ids) {}

    private final class Recording implements EventStream {
        final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
        volatile long takes;
        volatile CountDownLatch gate;
        volatile int most;
        private int inside;

        int events() {
            synchronized (calls) {
                return calls.stream().mapToInt(c -> c.ids.size()).sum();
            }
        }

        @Override
        public AppendResult append(AppendRequest request) {
            synchronized (this) {
                most = Math.max(most, ++inside);
            }
            calls.add(new Call(
                    Thread.currentThread(),
                    request.firstSequence(),
                    request.events().stream().map(Event::id).toList()));
            try {
                if (gate != null && !gate.await(30, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody opened the gate");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            clock.addAndGet(takes);
            synchronized (this) {
                inside--;
            }
            return new AppendResult(request.events().size(), request.events().size(), Map.of());
        }

        @Override
        public Optional<StreamInfo> describe(String stream) {
            return Optional.of(new StreamInfo(stream, 1, 0, 0));
        }

        @Override
        public void create(String stream, int partitions) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> list(String prefix) {
            throw new UnsupportedOperationException();
        }

        @Override
        public EventReader read(ReadRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void commit(String stream, String group, int partition, Position upTo) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<Integer, Position> committed(String stream, String group) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long erase(String stream, String key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void delete(String stream) {
            throw new UnsupportedOperationException();
        }
    }
}
