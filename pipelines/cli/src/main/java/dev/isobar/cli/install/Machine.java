package dev.isobar.cli.install;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks at this machine for what Isobar needs. Thread safe. */
public final class Machine {
    /** Room for native libraries, the lake and tables of the examples. */
    private static final long WANTED_BYTES = 2L << 30;

    private static final int OLDEST_JAVA = 17;

    private final Installation installation;
    private final Function<String, @Nullable String> environment;

    /** This machine, with those variables. */
    public Machine(Installation installation, Function<String, @Nullable String> environment) {
        this.installation = installation;
        this.environment = environment;
    }

    /**
     * What was found.
     *
     * @param required whether Isobar cannot work without
     * @param remedy what to do, empty when all is well
     */
    public record Finding(String check, boolean ok, boolean required, String finding, String remedy) {}

    /** Everything, in the order in which it matters. */
    public List<Finding> findings() {
        return List.of(java(), maven(), openMp(), disk());
    }

    private static Finding java() {
        int feature = Runtime.version().feature();
        boolean compiler = Files.isExecutable(Path.of(System.getProperty("java.home"), "bin", "javac"));
        boolean ok = feature >= OLDEST_JAVA && compiler;
        return new Finding(
                "java",
                ok,
                true,
                System.getProperty("java.version") + " in " + System.getProperty("java.home")
                        + (compiler ? "" : ", without a compiler"),
                ok
                        ? ""
                        : "Install a JDK of 17 or later (Debian: apt-get install openjdk-17-jdk) and set JAVA_HOME to it.");
    }

    private Finding maven() {
        Optional<Path> mvn = onPath("mvn");
        return new Finding(
                "maven",
                mvn.isPresent(),
                false,
                mvn.map(Path::toString).orElse("mvn is not on the PATH; needed only when something must be built"),
                mvn.isPresent()
                        ? ""
                        : "Install Maven 3.8.1 or later (Debian: apt-get install maven; Fedora: dnf install maven; macOS: brew install maven).");
    }

    private Finding openMp() {
        boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
        String library = mac ? "libomp.dylib" : "libgomp.so.1";
        Optional<Path> found = library(library, mac);
        return new Finding(
                mac ? "libomp" : "libgomp",
                found.isPresent(),
                true,
                found.map(Path::toString).orElse(library + " was not found; XGBoost cannot train without it"),
                found.isPresent()
                        ? ""
                        : "Debian and Ubuntu: apt-get install libgomp1. Fedora and RHEL: dnf install libgomp. Alpine: apk add libgomp."
                                + " macOS: brew install libomp.");
    }

    private Finding disk() {
        Path existing = installation.home();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        File folder = existing.toFile();
        long free = folder.getUsableSpace();
        boolean writable = Files.isWritable(existing);
        boolean ok = writable && free >= WANTED_BYTES;
        return new Finding(
                "disk",
                ok,
                !writable,
                String.format(Locale.ROOT, "%.1f GiB free for %s", free / (double) (1L << 30), installation.home())
                        + (writable ? "" : ", which is not writable"),
                ok ? "" : "Set ISOBAR_HOME to a folder of yours with 2 GiB to spare.");
    }

    private Optional<Path> onPath(String program) {
        @Nullable String path = environment.apply("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator))
                .filter(p -> !p.isEmpty())
                .map(p -> Path.of(p, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Optional<Path> library(String name, boolean mac) {
        List<Path> folders = new ArrayList<>();
        @Nullable String more = environment.apply(mac ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH");
        Stream.of((more == null ? "" : more).split(File.pathSeparator))
                .filter(p -> !p.isEmpty())
                .forEach(p -> folders.add(Path.of(p)));
        if (mac) {
            folders.add(Path.of("/opt/homebrew/opt/libomp/lib"));
            folders.add(Path.of("/usr/local/opt/libomp/lib"));
        } else {
            for (String root : new String[] {"/usr/lib", "/lib", "/usr/lib64", "/lib64", "/usr/local/lib"}) {
                folders.add(Path.of(root));
                folders.addAll(multiarch(Path.of(root)));
            }
        }
        return folders.stream().map(f -> f.resolve(name)).filter(Files::exists).findFirst();
    }

    /** Debian keeps libraries in a folder per architecture: {@code /usr/lib/x86_64-linux-gnu}. */
    private static List<Path> multiarch(Path root) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(root)) {
            return children.filter(c -> String.valueOf(c.getFileName()).contains("-linux-"))
                    .toList();
        } catch (IOException e) {
            return List.of(); // a folder that may not be listed holds nothing that may be loaded
        }
    }
}
