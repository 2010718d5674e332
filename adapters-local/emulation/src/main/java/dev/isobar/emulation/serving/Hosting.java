package dev.isobar.emulation.serving;

import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What replicas need of this machine. Thread safe.
 *
 * @param folders below which each has its own while it lives
 */
public record Hosting(Path folders, HttpClient http, ExecutorService threads) implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** With threads of its own. */
    public static Hosting in(Path folders) {
        AtomicInteger count = new AtomicInteger();
        ExecutorService threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "serving-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        return new Hosting(
                folders,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT)
                        .executor(threads)
                        .build(),
                threads);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
