package dev.isobar.cli.emulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.cli.install.CommandLines;
import dev.isobar.cli.install.Installation;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The emulators of one cloud.
 *
 * <pre>
 * ISOBAR_HOME/emulators/CLOUD/ready.json    who runs, once everything answers
 * ISOBAR_HOME/emulators/CLOUD/images.json   image → the command that stands for it on this machine
 * ISOBAR_HOME/emulators/CLOUD/log           what they write
 * </pre>
 *
 * Thread safe.
 */
public final class Emulators {
    /** Stands for the training image. */
    public static final String TRAINER_IMAGE = "isobar/trainer:this-machine";

    /** Stands for the serving image. */
    public static final String SERVER_IMAGE = "isobar/server:this-machine";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long START_SECONDS = 240;
    private static final long STOP_SECONDS = 60;

    private final Installation installation;
    private final String cloud;

    /**
     * @throws IsobarException {@code INVALID_ARGUMENT} for a cloud that has no emulators
     */
    public Emulators(Installation installation, String cloud) {
        this.installation = installation;
        this.cloud = cloud;
        Set<String> clouds = installation.emulatorFolders().keySet();
        if (!clouds.contains(cloud)) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "There are no emulators for '" + cloud + "'")
                    .resource("isobar emulators")
                    .hint(Names.nearest(cloud, clouds)
                                    .map(n -> "Did you mean '" + n + "'? ")
                                    .orElse("")
                            + "There are some for: " + String.join(", ", clouds) + ".")
                    .build();
        }
    }

    /** Clouds that can be emulated. */
    public static Set<String> clouds(Installation installation) {
        return installation.emulatorFolders().keySet();
    }

    /** Who runs, or empty. */
    public Optional<Running> running() {
        Path file = ready();
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file), Running.class))
                    .filter(Running::alive);
        } catch (JsonProcessingException e) {
            throw IsobarException.of(
                            ErrorCode.CORRUPT, "This does not say which emulators run: " + e.getOriginalMessage())
                    .resource(file.toString())
                    .hint("End their processes by hand if there are any, then remove that file.")
                    .cause(e)
                    .build();
        } catch (IOException e) {
            throw IsobarException.io("reading " + file, e);
        }
    }

    /** Starts them, unless they run; returns when everything answers. */
    public Running up() {
        Optional<Running> before = running();
        if (before.isPresent()) {
            return before.get();
        }
        try {
            Files.createDirectories(home());
            Files.deleteIfExists(ready());
            Files.write(home().resolve("images.json"), JSON.writeValueAsBytes(images(home().resolve("images.json"))));
            return await(start());
        } catch (IOException e) {
            throw IsobarException.io("starting the emulators in " + home(), e);
        }
    }

    /** Ends them, and every process they started; false if none ran. */
    public boolean down() {
        Optional<Running> running = running();
        if (running.isEmpty()) {
            return false;
        }
        ProcessHandle process = ProcessHandle.of(running.get().pid()).orElseThrow();
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        if (!ended(process, STOP_SECONDS)) {
            process.destroyForcibly();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        children.forEach(c -> ended(c, STOP_SECONDS));
        try {
            Files.deleteIfExists(ready());
        } catch (IOException e) {
            throw IsobarException.io("removing " + ready(), e);
        }
        return true;
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>();
        Path setsid = Path.of("/usr/bin/setsid");
        if (Files.isExecutable(setsid)) {
            // Out of the terminal's process group: Ctrl-C there is meant for the command, not for these.
            command.add(setsid.toString());
        }
        command.addAll(new CommandLines(installation).emulators(target()));
        command.addAll(List.of(
                "--home",
                home().toString(),
                "--images",
                home().resolve("images.json").toString()));
        return new ProcessBuilder(command)
                .directory(home().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
    }

    private Running await(Process process) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (true) {
            Optional<Running> running = running();
            if (running.isPresent()) {
                return running.get();
            }
            boolean ended = !process.isAlive();
            if (ended || System.nanoTime() > deadline) {
                process.descendants().forEach(ProcessHandle::destroy);
                process.destroy();
                throw IsobarException.of(
                                ErrorCode.WORKLOAD_FAILED,
                                ended
                                        ? "The emulators did not start: " + lastLine()
                                        : "The emulators did not answer within " + START_SECONDS + " s")
                        .resource(log().toString())
                        .hint("The log says more. When the cause is gone, run the same command again.")
                        .build();
            }
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                process.destroy();
                Thread.currentThread().interrupt();
                throw IsobarException.of(ErrorCode.CANCELLED, "Starting the emulators was interrupted")
                        .cause(e)
                        .build();
            }
        }
    }

    /** Our two images anew, and whatever else somebody has written there: other images, and what the account may do. */
    private ObjectNode images(Path file) throws IOException {
        CommandLines lines = new CommandLines(installation);
        ObjectNode table = JSON.createObjectNode();
        if (Files.exists(file)) {
            try {
                table = JSON.readValue(Files.readAllBytes(file), ObjectNode.class);
            } catch (JsonProcessingException e) {
                throw IsobarException.of(
                                ErrorCode.INVALID_CONFIGURATION,
                                "The table of images is no JSON object: " + e.getOriginalMessage())
                        .resource(file.toString())
                        .hint("Mend it, or remove it: then it is made anew.")
                        .cause(e)
                        .build();
            }
        }
        ObjectNode images = table.withObject("/images");
        Path adapter = installation.adapterFolders().get(cloud);
        if (adapter == null) {
            throw IsobarException.of(ErrorCode.NOT_FOUND, "There is no adapter for '" + cloud + "' in this checkout")
                    .build();
        }
        images.set(TRAINER_IMAGE, JSON.valueToTree(Map.of("command", lines.trainer(adapter))));
        images.set(SERVER_IMAGE, JSON.valueToTree(Map.of("command", lines.server(adapter))));
        return table;
    }

    private String lastLine() throws IOException {
        try (Stream<String> lines = Files.lines(log())) {
            return lines.filter(l -> !l.isBlank()).reduce((a, b) -> b).orElse("they wrote nothing");
        }
    }

    private static boolean ended(ProcessHandle process, long seconds) {
        try {
            process.onExit().get(seconds, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("waiting for a process cannot fail", e);
        }
    }

    private Path target() {
        Path folder = installation.emulatorFolders().get(cloud);
        if (folder == null) {
            throw new IllegalStateException("checked by the constructor: " + cloud);
        }
        return folder;
    }

    private Path home() {
        return installation.home().resolve("emulators").resolve(cloud);
    }

    private Path ready() {
        return home().resolve("ready.json");
    }

    private Path log() {
        return home().resolve("log");
    }
}
