package dev.isobar.benchmarks.path;

import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.runtime.stream.StreamJob;
import dev.isobar.spi.AdapterSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Kills a job in full run and measures how long the next one takes until it is where the last checkpoint was and reads on. */
final class Recovery {
    private static final int ROUNDS = 3;
    private static final int EVENTS = 1_600_000;
    private static final int CARDS = 400_000;
    private static final int KEYS = 100_000;

    private Recovery() {}

    static void run() throws IOException, InterruptedException {
        Path home = Files.createTempDirectory("isobar-recovery");
        try (AdapterSession session = Cards.open(home)) {
            Cards.write(session.eventStream(), Workload.generate(Workload.SEED, EVENTS, Workload.EVENTS, CARDS, true));
        }
        Random random = new Random(Workload.SEED);
        List<double[]> rounds = new ArrayList<>();
        for (int r = 0; r < ROUNDS; r++) {
            kill(home, random.nextInt(600));
            long started = System.nanoTime();
            Process survivor = start(home, "survivor");
            try (BufferedReader in = lines(survivor)) {
                String[] ready = String.valueOf(in.readLine()).split(" ");
                double whole = (System.nanoTime() - started) / 1e9;
                rounds.add(new double[] {whole, Double.parseDouble(ready[0]), Double.parseDouble(ready[1])});
            } finally {
                survivor.destroyForcibly().waitFor();
            }
        }
        double[] whole = rounds.stream().mapToDouble(x -> x[0]).sorted().toArray();
        double[] main = rounds.stream().mapToDouble(x -> x[1]).sorted().toArray();
        System.out.println(new JsonLine()
                .put("competitor", "path_recovery")
                .put("recovery_seconds", whole[ROUNDS / 2])
                .put("recovery_seconds_worst", whole[ROUNDS - 1])
                .put("recovery_seconds_from_main", main[ROUNDS / 2])
                .put("recovered_keys", (long) rounds.get(ROUNDS - 1)[2])
                .put("jvm", Runtime.version().toString()));
    }

    /** Lets a job run until it has enough keys in a checkpoint, and a little longer. */
    private static void kill(Path home, int later) throws IOException, InterruptedException {
        Process victim = start(home, "victim");
        try (BufferedReader in = lines(victim)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals("enough")) {
                    victim.waitFor(later, TimeUnit.MILLISECONDS);
                    break;
                }
            }
        } finally {
            victim.destroyForcibly().waitFor();
        }
    }

    static void victim(String home) {
        try (AdapterSession session = Cards.open(Path.of(home));
                StreamJob job = Cards.job(session, Path.of(home), "recovery")) {
            Thread watch = new Thread(() -> watch(Path.of(home)), "watch");
            watch.setDaemon(true);
            watch.start();
            job.run(Duration.ofMinutes(2));
        }
    }

    // From outside the job: its checkpoints are files.
    private static void watch(Path home) {
        Path checkpoints = home.resolve("checkpoints/recovery");
        // 1.25 M of the transactions: more than a day, with more than the keys that are wanted.
        while (!Files.exists(checkpoints.resolve("changes-%012d".formatted(5)))) {
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
        System.out.println("enough");
    }

    static void survivor(String home, long entered) {
        try (AdapterSession session = Cards.open(Path.of(home));
                StreamJob job = Cards.job(session, Path.of(home), "recovery")) {
            if (job.keys() < KEYS) {
                throw new IllegalStateException("only " + job.keys() + " keys were there to recover");
            }
            System.out.println((System.nanoTime() - entered) / 1e9 + " " + job.keys());
            job.run(Duration.ofMinutes(2));
        }
    }

    private static BufferedReader lines(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static Process start(Path home, String role) throws IOException {
        List<String> command = new ArrayList<>(Arrays.asList(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseParallelGC",
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                role,
                home.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
