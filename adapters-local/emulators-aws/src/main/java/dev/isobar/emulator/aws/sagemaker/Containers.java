package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.process.Children;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What a model container needs to be started and asked. Thread safe. */
record Containers(
        Children children,
        ImageTable images,
        S3Files s3,
        LogStore logs,
        SageMakerSettings settings,
        HttpClient http,
        ExecutorService threads)
        implements AutoCloseable {
    /** Below the emulator's home. */
    static final String FOLDER = "serving";

    static Containers of(Children children, ImageTable images, S3Files s3, LogStore logs, SageMakerSettings settings) {
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "endpoint");
            thread.setDaemon(true);
            return thread;
        });
        return new Containers(
                children,
                images,
                s3,
                logs,
                settings,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .executor(threads)
                        .build(),
                threads);
    }

    Path folder(String instance) {
        return settings.home().resolve(FOLDER).resolve(instance);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
