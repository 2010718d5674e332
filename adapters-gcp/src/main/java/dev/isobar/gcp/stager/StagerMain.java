package dev.isobar.gcp.stager;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.storage.GcsBucket;
import dev.isobar.gcp.storage.GcsObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Wraps a trainer in a container of Vertex AI: {@code StagerMain COMMAND…}. Fills {@code ISOBAR_ML_DIR}, or {@code /opt/ml}, from the lake, runs the command with the
 * arguments that the container was given, stores what it left and ends with its exit code. 78 if it was told nothing it understands, 74 if the lake could not be
 * read or written.
 *
 * @since 0.1
 */
public final class StagerMain {
    private static final int USAGE = 78;
    private static final int LAKE = 74;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long COMPOSED_FROM = 512L << 20;

    private StagerMain() {}

    /** Runs one training and ends the process. */
    public static void main(String[] command) {
        System.exit(run(List.of(command), System.getenv()));
    }

    private static int run(List<String> command, Map<String, String> environment) {
        String told = environment.get(Stage.VARIABLE);
        if (told == null || command.isEmpty()) {
            System.err.println(
                    "The stager wants the variable " + Stage.VARIABLE + " and the trainer's command as arguments.");
            return USAGE;
        }
        Stage stage = Stage.read(told.getBytes(StandardCharsets.UTF_8), Stage.class, Stage.VARIABLE);
        try (GcpClients clients = new GcpClients(identity(stage, environment.get("STORAGE_EMULATOR_HOST")))) {
            GcsBucket bucket = new GcsBucket(clients, stage.bucket(), stage.parts(), PATIENCE);
            GcsObjectStore lake = new GcsObjectStore(bucket, stage.lake(), COMPOSED_FROM);
            Path ml = Path.of(environment.getOrDefault("ISOBAR_ML_DIR", "/opt/ml"))
                    .toAbsolutePath();
            return new Staging(lake, stage, ml, environment.get("AIP_CHECKPOINT_DIR")).run(command);
        } catch (IsobarException e) {
            System.err.println(e.code() + ": " + e.getMessage() + (e.hint() == null ? "" : " " + e.hint()));
            return e.code() == ErrorCode.CORRUPT ? USAGE : LAKE;
        } catch (IOException e) {
            System.err.println("The stager cannot go on: " + e);
            return LAKE;
        }
    }

    /** The container's own identity. */
    private static GcpIdentity identity(Stage stage, @org.jspecify.annotations.Nullable String emulator) {
        Map<GcpService, URI> endpoints = emulator == null ? Map.of() : Map.of(GcpService.STORAGE, URI.create(emulator));
        return new GcpIdentity("stager", stage.project(), stage.location(), null, null, null, List.of(), endpoints);
    }
}
