package dev.isobar.cli.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the process is told to make. What is null it decides itself.
 *
 * @param classPath jars of the program, in order
 * @param adapterClassPath jars that the one adapter adds
 * @param adapter null for a trainer
 * @param to a file that ends in {@code .tar}, or an image in a registry
 * @param cache where layers are kept between builds
 */
public record ImagePlan(
        String kind,
        List<String> classPath,
        List<String> adapterClassPath,
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
}
