package dev.isobar.emulation.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running command that stands in for a container. Thread safe. */
public final class Child {
    private static final Logger LOG = LoggerFactory.getLogger(Child.class);
    /** How long the output of a process is read on after its end: something that it started may hold the pipe. */
    private static final Duration TAIL = Duration.ofSeconds(2);

    private final Process process;
    private final String mark;
    private final CompletableFuture<Integer> exit;

    Child(Process process, String mark, Consumer<String> lines, Consumer<Child> gone) {
        this.process = process;
        this.mark = mark;
        CompletableFuture<Void> drained = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    read(lines);
                    drained.complete(null);
                },
                "output-of-" + process.pid());
        reader.setDaemon(true);
        reader.start();
        this.exit = process.onExit().thenApplyAsync(ended -> {
            // As in a container, whose other processes end with its first.
            Marked.kill(mark);
            drained.completeOnTimeout(null, TAIL.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
            gone.accept(this);
            return ended.exitValue();
        });
    }

    /** The process's id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean alive() {
        return process.isAlive();
    }

    /** Its exit code, after all of its output was heard; 128 + signal if it was killed. */
    public CompletableFuture<Integer> exit() {
        return exit;
    }

    /**
     * As {@code docker stop}: SIGTERM, and SIGKILL to all that is left after the time of grace.
     *
     * @return the exit code
     */
    public int stop(Duration grace) throws InterruptedException {
        process.destroy();
        try {
            return exit.get(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.debug("{} did not end within {}: killing it", process.pid(), grace);
            kill();
            return exit.join();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SIGKILL, to what it started too. */
    public void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        Marked.kill(mark);
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = reader.readLine();
            while (line != null) {
                lines.accept(line);
                line = reader.readLine();
            }
        } catch (IOException e) {
            LOG.debug("The output of {} was cut off", process.pid(), e);
        }
    }
}
