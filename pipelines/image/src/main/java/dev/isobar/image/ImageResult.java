package dev.isobar.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was made; becomes JSON on standard output.
 *
 * @param image the image's name: in a registry, or in the archive
 * @param digest of the manifest
 * @param to the file, or the same as {@code image}
 * @param adapter null for a trainer that starts without one
 * @param libgomp the file that was put in, or null
 * @param tarBytes size of the file; null after a push
 * @param layers those on top of the base
 * @param setting the configuration key that names this image
 * @param settingValue its value; null for a file, which nothing can be started from
 */
record ImageResult(
        String kind,
        @Nullable String adapter,
        String image,
        String digest,
        String format,
        String to,
        boolean pushed,
        String base,
        String user,
        @Nullable String libgomp,
        @Nullable Long tarBytes,
        List<Layer> layers,
        String setting,
        @Nullable String settingValue) {

    ImageResult {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param bytes of its files, before compression
     */
    record Layer(String name, int files, long bytes) {}
}
