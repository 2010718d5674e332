package dev.isobar.emulator.aws.foreign;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where the build put what other people wrote: {@code third-party/} beside this module's classes or jar. */
final class ThirdParty {
    private ThirdParty() {}

    /** The folder with the jars of DynamoDB local and the native libraries of its store. */
    static Path dynamoDb() throws IOException {
        return required(folder().resolve("dynamodb"));
    }

    /** Every jar of a folder, as a class path. */
    static String classPath(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".jar"))
                    .sorted()
                    .map(Path::toString)
                    .collect(Collectors.joining(java.io.File.pathSeparator));
        }
    }

    /** A command of this JDK; quick to start rather than quick to run. */
    static List<String> java(String heap) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData");
    }

    private static Path folder() {
        try {
            Path here = Path.of(ThirdParty.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return here.resolveSibling("third-party");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("these classes come from no file", e);
        }
    }

    private static Path required(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException("There is no " + path + "; the build of adapters-local/emulators-aws puts it there");
        }
        return path;
    }
}
