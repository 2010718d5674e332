package dev.isobar.image;

import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which file goes where in an image: what changes least lies lowest, Isobar's own jars on top, so that a push after a change of code is small. Jib gives
 * every file the same time, owner and mode. Immutable.
 *
 * @param layers from the lowest
 * @param classPath as paths in the image
 * @param libgomp the library that is among the files, or null
 */
record Content(
        List<Part> layers, String classPath, @Nullable Path libgomp) {
    static final String ROOT = "/opt/isobar";
    static final String NATIVE = ROOT + "/native";
    private static final String LIB = ROOT + "/lib";

    /** Isobar's own jars begin so. */
    private static final String OWN = "isobar-";

    Content {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param files path in the image → file
     */
    record Part(String name, SortedMap<String, Path> files) {
        Part {
            files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
        }

        FileEntriesLayer layer() throws IOException {
            FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
            for (Map.Entry<String, Path> file : files.entrySet()) {
                // a link (libgomp.so.1 is one) would stay a link, and lead nowhere
                layer.addEntry(file.getValue().toRealPath(), AbsoluteUnixPath.get(file.getKey()));
            }
            return layer.build();
        }

        ImageResult.Layer summary() throws IOException {
            long bytes = 0;
            for (Path file : files.values()) {
                bytes += Files.size(file);
            }
            return new ImageResult.Layer(name, files.size(), bytes);
        }
    }

    /**
     * Sorts a plan's jars into layers.
     *
     * @throws IsobarException {@code NOT_FOUND} for a jar that is not there; what {@link Libgomp#of(ImagePlan)} throws
     */
    static Content of(ImagePlan plan) {
        List<Path> jars = Stream.concat(plan.classPath().stream(), plan.adapterClassPath().stream())
                .toList();
        SortedMap<String, Path> own = new TreeMap<>();
        SortedMap<String, Path> libraries = new TreeMap<>();
        SortedMap<String, Path> adapterLibraries = new TreeMap<>();
        for (Path jar : jars) {
            if (!Files.isRegularFile(jar)) {
                throw IsobarException.of(ErrorCode.NOT_FOUND, "A jar that belongs into the image is gone: " + jar)
                        .hint("Run the same command again: ./isobar builds what is missing.")
                        .build();
            }
            boolean ours = String.valueOf(jar.getFileName()).startsWith(OWN);
            (ours ? own : plan.classPath().contains(jar) ? libraries : adapterLibraries).put(place(jar), jar);
        }
        if (own.size() + libraries.size() + adapterLibraries.size() != jars.size()) {
            throw new IllegalArgumentException("two jars of one name in " + jars);
        }
        Path libgomp = Libgomp.of(plan);
        SortedMap<String, Path> nativeLibraries = new TreeMap<>();
        if (libgomp != null) {
            nativeLibraries.put(NATIVE + "/" + Libgomp.NAME, libgomp);
        }
        List<Part> parts = new ArrayList<>();
        parts.add(new Part("native libraries", nativeLibraries));
        parts.add(new Part("libraries", libraries));
        parts.add(new Part("adapter libraries", adapterLibraries));
        parts.add(new Part("isobar", own));
        parts.removeIf(part -> part.files().isEmpty());
        return new Content(parts, jars.stream().map(Content::place).collect(Collectors.joining(":")), libgomp);
    }

    private static String place(Path jar) {
        return LIB + "/" + jar.getFileName();
    }
}
