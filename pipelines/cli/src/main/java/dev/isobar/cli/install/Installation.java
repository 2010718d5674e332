package dev.isobar.cli.install;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folders of this installation. Immutable and thread safe.
 *
 * @param project the checkout, with a folder for each module
 * @param home ISOBAR_HOME, where all state lives
 */
public record Installation(Path project, Path home) {
    /** System property that {@code ./isobar} sets: the checkout. */
    public static final String PROJECT = "isobar.project";

    /** System property that {@code ./isobar} sets: ISOBAR_HOME. */
    public static final String HOME = "isobar.home";

    /** Makes both paths absolute. */
    public Installation {
        project = project.toAbsolutePath().normalize();
        home = home.toAbsolutePath().normalize();
    }

    /** What {@code ./isobar} said, else the environment, else the current folder. */
    public static Installation current() {
        Path project = Path.of(System.getProperty(PROJECT, ""));
        String env = System.getenv("ISOBAR_HOME");
        String home = System.getProperty(HOME, env == null ? "" : env);
        return new Installation(project, home.isEmpty() ? project.resolve(".isobar") : Path.of(home));
    }

    /** Every built example pipeline: the module's folder name → its jar. */
    public Map<String, Path> exampleJars() {
        Map<String, Path> jars = new TreeMap<>();
        for (Path module : folders(project.resolve("examples"), name -> true)) {
            jar(module.resolve("target"), "isobar-example-").ifPresent(jar -> jars.put(fileName(module), jar));
        }
        return jars;
    }

    /** Every adapter of this checkout, built or not: its id → the folder with its jar and {@code lib/}. */
    public Map<String, Path> adapterFolders() {
        Map<String, Path> found = new TreeMap<>();
        String prefix = "adapters-";
        for (Path area : folders(project, name -> name.startsWith(prefix))) {
            Path core = area.resolve("core");
            Path module = Files.isDirectory(core) ? core : area;
            if (Files.isRegularFile(module.resolve("pom.xml")) || Files.isDirectory(module.resolve("target"))) {
                found.put(fileName(area).substring(prefix.length()), module.resolve("target"));
            }
        }
        return found;
    }

    /** The emulators of every cloud that has some, built or not: the cloud → the folder with their jar and {@code lib/}. */
    public Map<String, Path> emulatorFolders() {
        Map<String, Path> found = new TreeMap<>();
        String prefix = "emulators-";
        for (Path module : folders(project.resolve("adapters-local"), name -> name.startsWith(prefix))) {
            found.put(fileName(module).substring(prefix.length()), module.resolve("target"));
        }
        return found;
    }

    /** The main class that a jar's manifest names. */
    static String mainClass(Path jar) {
        return attribute(jar, Attributes.Name.MAIN_CLASS)
                .orElseThrow(
                        () -> IsobarException.of(ErrorCode.NOT_FOUND, "The manifest of " + jar + " names no main class")
                                .hint("Build it again.")
                                .build());
    }

    /** What fills a trainer's folders where the adapter's platform does not: a class with a main method, by the adapter's manifest. */
    public static Optional<String> stager(Path adapterJar) {
        return attribute(adapterJar, STAGER);
    }

    private static final Attributes.Name STAGER = new Attributes.Name("Isobar-Stager");

    private static Optional<String> attribute(Path jar, Attributes.Name name) {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            return Optional.ofNullable(manifest).map(m -> m.getMainAttributes().getValue(name));
        } catch (IOException e) {
            throw IsobarException.io("reading " + jar, e);
        }
    }

    /**
     * The jar of a module and everything in its {@code lib/}, the module's own first, the rest by name.
     *
     * @throws IsobarException {@code NOT_FOUND} if the module has not been built
     */
    public static List<Path> classPath(Path target) {
        List<Path> jars = new ArrayList<>();
        jars.add(jar(target, "isobar-")
                .orElseThrow(() -> IsobarException.of(
                                ErrorCode.NOT_FOUND, "Nothing is built in " + target + ": there is no isobar-*.jar")
                        .hint("Start Isobar by ./isobar, which builds what is missing.")
                        .build()));
        jars.addAll(files(target.resolve("lib"), name -> name.endsWith(".jar")));
        return jars;
    }

    /** The newest jar of a module that is neither its tests nor its sources, or empty. */
    static Optional<Path> jar(Path target, String prefix) {
        return files(
                        target,
                        name -> name.startsWith(prefix)
                                && name.endsWith(".jar")
                                && !name.endsWith("-tests.jar")
                                && !name.endsWith("-sources.jar")
                                && !name.endsWith("-javadoc.jar"))
                .stream()
                .max(java.util.Comparator.comparingLong(Installation::modified));
    }

    private static long modified(Path file) {
        return file.toFile().lastModified();
    }

    private static List<Path> folders(Path parent, Predicate<String> named) {
        return list(parent, path -> Files.isDirectory(path) && named.test(fileName(path)));
    }

    private static List<Path> files(Path parent, Predicate<String> named) {
        return list(parent, path -> Files.isRegularFile(path) && named.test(fileName(path)));
    }

    private static List<Path> list(Path parent, Predicate<Path> wanted) {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(wanted).sorted().toList();
        } catch (IOException e) {
            throw IsobarException.io("listing " + parent, e);
        }
    }

    private static String fileName(Path path) {
        @Nullable Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }
}
