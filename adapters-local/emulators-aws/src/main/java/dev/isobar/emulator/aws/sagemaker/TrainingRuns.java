package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.process.Children;
import dev.isobar.emulator.aws.state.Documents;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The jobs that run, each on a thread of its own. Thread safe. */
final class TrainingRuns implements AutoCloseable {
    /** Below the emulator's home. */
    static final String FOLDER = "training";

    private final Documents jobs;
    private final Children children;
    private final ImageTable images;
    private final S3Files s3;
    private final LogStore logs;
    private final SageMakerSettings settings;
    private final Map<String, TrainingRun> running = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "training-job");
        thread.setDaemon(true);
        return thread;
    });

    TrainingRuns(
            Documents jobs,
            Children children,
            ImageTable images,
            S3Files s3,
            LogStore logs,
            SageMakerSettings settings) {
        this.jobs = jobs;
        this.children = children;
        this.images = images;
        this.s3 = s3;
        this.logs = logs;
        this.settings = settings;
    }

    void start(String key) {
        TrainingRun run =
                new TrainingRun(key, new TrainingPaths(folder(key)), jobs, children, images, s3, logs, settings);
        running.put(key, run);
        threads.execute(() -> {
            try {
                run.run();
            } finally {
                running.remove(key, run);
            }
        });
    }

    void stop(String key) {
        TrainingRun run = running.get(key);
        if (run != null) {
            run.stop();
        }
    }

    /** Interrupts all; their processes are ended by {@link Children}. */
    @Override
    public void close() {
        threads.shutdownNow();
    }

    private Path folder(String key) {
        return settings.home().resolve(FOLDER).resolve(key);
    }
}
