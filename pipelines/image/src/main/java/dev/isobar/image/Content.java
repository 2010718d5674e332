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
 * @param classPath of the program, as paths in the image
 * @param stagerClassPath of what starts the program, in the same way; empty for none
 * @param libgomp the library that is among the files, or null
 */
record Content(
        List<Part> layers,
        String classPath,
        String stagerClassPath,
        @Nullable Path libgomp) {
    static final String ROOT = "/opt/isobar";
    static final String NATIVE = ROOT + "/native";
    private static final String LIB = ROOT + "/lib";
    private static final String STAGER = ROOT + "/stager";

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
        ImagePlan.Stager stager = plan.stager();
        List<Path> staging = stager == null ? List.of() : stager.classPath();
        SortedMap<String, Path> own = new TreeMap<>();
        SortedMap<String, Path> libraries = new TreeMap<>();
        SortedMap<String, Path> adapterLibraries = new TreeMap<>();
        sort(plan.classPath(), LIB, own, libraries);
        sort(plan.adapterClassPath(), LIB, own, adapterLibraries);
        sort(staging, STAGER, own, adapterLibraries);
        int jars = plan.classPath().size() + plan.adapterClassPath().size() + staging.size();
        if (own.size() + libraries.size() + adapterLibraries.size() != jars) {
            throw new IllegalArgumentException("two jars of one name in " + plan);
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
        String classPath = join(Stream.concat(plan.classPath().stream(), plan.adapterClassPath().stream()), LIB);
        return new Content(parts, classPath, join(staging.stream(), STAGER), libgomp);
    }

    private static void sort(
            List<Path> jars, String folder, SortedMap<String, Path> own, SortedMap<String, Path> libraries) {
        for (Path jar : jars) {
            if (!Files.isRegularFile(jar)) {
                throw IsobarException.of(ErrorCode.NOT_FOUND, "A jar that belongs into the image is gone: " + jar)
                        .hint("Run the same command again: ./isobar builds what is missing.")
                        .build();
            }
            boolean ours = String.valueOf(jar.getFileName()).startsWith(OWN);
            (ours ? own : libraries).put(place(jar, folder), jar);
        }
    }

    private static String join(Stream<Path> jars, String folder) {
        return jars.map(jar -> place(jar, folder)).collect(Collectors.joining(":"));
    }

    private static String place(Path jar, String folder) {
        return folder + "/" + jar.getFileName();
    }
}
