package dev.isobar.emulator.aws.sagemaker;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What a model container needs to be started and asked. Thread safe. */
record Containers(Host host, HttpClient http, ExecutorService threads) implements AutoCloseable {
    /** Below the emulator's home. */
    static final String FOLDER = "serving";

    static Containers on(Host host) {
        ExecutorService threads = Executors.newCachedThreadPool(new DefaultThreadFactory("endpoint", true));
        return new Containers(
                host,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .executor(threads)
                        .build(),
                threads);
    }

    Path folder(String instance) {
        return host.settings().home().resolve(FOLDER).resolve(instance);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
