package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.state.Documents;
import io.netty.util.concurrent.DefaultThreadFactory;
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
    private final Host host;
    private final Map<String, TrainingRun> running = new ConcurrentHashMap<>();
    private final ExecutorService threads =
            Executors.newCachedThreadPool(new DefaultThreadFactory("training-job", true));

    TrainingRuns(Documents jobs, Host host) {
        this.jobs = jobs;
        this.host = host;
    }

    void start(String key) {
        TrainingRun run = new TrainingRun(key, new TrainingPaths(folder(key)), jobs, host);
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

    /** Interrupts all; their processes are ended by {@link dev.isobar.emulation.process.Children}. */
    @Override
    public void close() {
        threads.shutdownNow();
    }

    private Path folder(String key) {
        return host.settings().home().resolve(FOLDER).resolve(key);
    }
}
