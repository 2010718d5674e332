package dev.isobar.gcp.stager;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One training between the lake and local folders. Not thread safe, but for the end that a signal brings. */
final class Staging {
    private static final int PAGE = 1_000;
    private static final long CHECKPOINTS_EVERY_SECONDS = 30;
    private static final int GRACE_SECONDS = 20;

    private final ObjectStore lake;
    private final Stage stage;
    private final Path ml;
    private final @Nullable String checkpoints;
    private final Map<Path, String> synced = new HashMap<>();

    /**
     * A training.
     *
     * @param ml parent of the trainer's folders
     * @param checkpointUri {@code gs://…} where Vertex AI wants checkpoints; null for none
     */
    Staging(ObjectStore lake, Stage stage, Path ml, @Nullable String checkpointUri) {
        this.lake = lake;
        this.stage = stage;
        this.ml = ml;
        String root = "gs://" + stage.bucket() + "/" + stage.lake();
        this.checkpoints =
                checkpointUri != null && checkpointUri.startsWith(root) ? checkpointUri.substring(root.length()) : null;
    }

    int run(List<String> command) throws IOException {
        Stage.Work work = work();
        Path config = Files.createDirectories(ml.resolve("input/config"));
        Files.createDirectories(ml.resolve("model"));
        Files.createDirectories(ml.resolve("output/data"));
        Files.createDirectories(ml.resolve("checkpoints"));
        Files.writeString(config.resolve("hyperparameters.json"), Stage.write(work.hyperparameters()));
        for (Map.Entry<String, String> channel : work.channels().entrySet()) {
            Path folder = Files.createDirectories(ml.resolve("input/data").resolve(channel.getKey()));
            fill(folder, channel.getValue());
        }
        if (checkpoints != null) {
            fill(ml.resolve("checkpoints"), checkpoints);
        }
        int exit = train(command);
        synchronizeCheckpoints();
        List<String> files = new ArrayList<>();
        if (exit == 0) {
            store(ml.resolve("model"), "model/", files);
            store(ml.resolve("output/data"), "output/data/", files);
        }
        Path failure = ml.resolve("output/failure");
        String said = Files.isRegularFile(failure) ? Files.readString(failure, StandardCharsets.UTF_8) : "";
        // Last: who reads it finds all that it names.
        lake.put(
                stage.attempt() + Stage.DONE,
                Stage.write(new Stage.Done(exit, said, files)).getBytes(StandardCharsets.UTF_8),
                Precondition.none());
        return exit;
    }

    private Stage.Work work() {
        StoredObject object =
                lake.get(stage.job()).orElseThrow(() -> corrupt("There is no object " + stage.job() + " in the lake"));
        if (!digest(object.content()).equals(stage.digest())) {
            throw corrupt("The object " + stage.job() + " is not the one whose digest is " + stage.digest());
        }
        return Stage.read(object.content(), Stage.Work.class, stage.job());
    }

    private static IsobarException corrupt(String what) {
        return IsobarException.of(ErrorCode.CORRUPT, what)
                .hint("Was the job deleted while it waited? Submit it again.")
                .build();
    }

    /** {@code sha256:…} of some bytes. */
    static String digest(byte[] content) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** An object of that name, or all objects below it. */
    private void fill(Path folder, String prefix) throws IOException {
        if (!prefix.endsWith("/") && lake.head(prefix).isPresent()) {
            lake.getFile(prefix, folder.resolve(prefix.substring(prefix.lastIndexOf('/') + 1)));
            return;
        }
        String root = prefix.endsWith("/") ? prefix : prefix + "/";
        String after = null;
        while (true) {
            List<ObjectInfo> page = lake.list(root, after, PAGE);
            for (ObjectInfo object : page) {
                Path file =
                        folder.resolve(object.key().substring(root.length())).normalize();
                if (!file.startsWith(folder)) {
                    throw corrupt(object.key() + " leads out of its folder");
                }
                Files.createDirectories(file.getParent());
                lake.getFile(object.key(), file);
            }
            if (page.size() < PAGE) {
                return;
            }
            after = page.get(page.size() - 1).key();
        }
    }

    private int train(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("ISOBAR_ML_DIR", ml.toString());
        // The trainer knows no cloud.
        builder.environment().remove(Stage.VARIABLE);
        Process process = builder.start();
        // A cancelled or preempted container is told by SIGTERM, which reaches its first process only.
        Thread ending = new Thread(() -> stop(process), "stager-ending");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            while (!process.waitFor(CHECKPOINTS_EVERY_SECONDS, TimeUnit.SECONDS)) {
                synchronizeCheckpoints();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroy();
            throw new IOException("The stager was interrupted", e);
        } finally {
            if (!process.isAlive()) {
                try {
                    Runtime.getRuntime().removeShutdownHook(ending);
                } catch (IllegalStateException e) {
                    // The process goes down already.
                    ending.setName("stager-ending-in-shutdown");
                }
            }
        }
    }

    private void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            synchronizeCheckpoints();
        } catch (IOException e) {
            System.err.println("The last checkpoint was not stored: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }

    /** Stores checkpoint files that changed; none is ever removed from the lake. */
    private synchronized void synchronizeCheckpoints() throws IOException {
        if (checkpoints == null) {
            return;
        }
        Path folder = ml.resolve("checkpoints");
        for (Path file : files(folder)) {
            String version = Files.size(file) + "@" + Files.getLastModifiedTime(file);
            if (!version.equals(synced.put(file, version))) {
                lake.putFile(checkpoints + slashed(folder.relativize(file)), file, Precondition.none());
            }
        }
    }

    private void store(Path folder, String below, List<String> stored) throws IOException {
        for (Path file : files(folder)) {
            String key = below + slashed(folder.relativize(file));
            lake.putFile(stage.attempt() + key, file, Precondition.none());
            stored.add(key);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }
}
