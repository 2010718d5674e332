package dev.isobar.emulator.gcp.vertex;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What an emulated Vertex AI is told.
 *
 * @param project the project's id
 * @param location the one region that it stands for
 * @param home its folder
 * @param storage where Cloud Storage answers; containers are told by {@code STORAGE_EMULATOR_HOST}
 * @param images the image table, see {@link dev.isobar.emulation.process.ImageTable}
 * @param grace time between SIGTERM and SIGKILL for a container
 * @param startup the longest time that a model's container may take until it answers
 * @param pace how long at least a job shows a state that passes
 */
public record VertexSettings(
        String project,
        String location,
        Path home,
        URI storage,
        Path images,
        Duration grace,
        Duration startup,
        Duration pace) {
    /** What the service calls the project in names that it gives: its number. */
    static final String NUMBER = "123456789012";

    /** 30 s for a container to end, and a minute for one to start. */
    public static VertexSettings of(String project, String location, Path home, URI storage, Path images) {
        return new VertexSettings(
                project,
                location,
                home,
                storage,
                images,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                Duration.ZERO);
    }

    /** The same with other times. */
    public VertexSettings with(Duration newGrace, Duration newStartup, Duration newPace) {
        return new VertexSettings(project, location, home, storage, images, newGrace, newStartup, newPace);
    }
}
