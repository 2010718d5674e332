package dev.isobar.cli.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the process is told to make. What is null it decides itself.
 *
 * @param classPath jars of the program, in order
 * @param adapterClassPath jars that the one adapter adds
 * @param stager what starts a trainer where no platform fills its folders; null for none
 * @param adapter null for a trainer without a stager
 * @param to a file that ends in {@code .tar}, or an image in a registry
 * @param cache where layers are kept between builds
 */
public record ImagePlan(
        String kind,
        List<String> classPath,
        List<String> adapterClassPath,
        @Nullable Stager stager,
        @Nullable String adapter,
        String version,
        @Nullable String base,
        String to,
        @Nullable String format,
        @Nullable String user,
        @Nullable String libgomp,
        String cache,
        boolean verbose) {
    /** Makes the lists its own. */
    public ImagePlan {
        classPath = List.copyOf(classPath);
        adapterClassPath = List.copyOf(adapterClassPath);
    }

    /**
     * A program of the adapter's that starts the trainer.
     *
     * @param classPath its jars, in order
     */
    public record Stager(String mainClass, List<String> classPath) {
        /** Makes the list its own. */
        public Stager {
            classPath = List.copyOf(classPath);
        }
    }
}
