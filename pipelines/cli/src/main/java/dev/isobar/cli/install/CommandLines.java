package dev.isobar.cli.install;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How this installation starts its other programs: the JDK that runs this command, a bounded heap, and a temp folder of the process's own under
 * ISOBAR_HOME. Immutable and thread safe.
 */
public final class CommandLines {
    /**
     * Names the temp folder by the process that uses it, so that a later start can tell whether it is still in use; only a shell knows that id
     * before Java starts. {@code exec} keeps it: whoever started the command holds the id of the JVM.
     */
    private static final String IN_OWN_TEMP_FOLDER =
            "t=\"$1/$$\"; j=\"$2\"; shift 2; mkdir -p \"$t\" && exec \"$j\" \"-Djava.io.tmpdir=$t\" \"$@\"";

    private final Installation installation;

    /** Command lines of this installation. */
    public CommandLines(Installation installation) {
        this.installation = installation;
    }

    /** The training entry point; heap up to 640 MiB. */
    public List<String> trainer() {
        return java(List.of("-Xmx640m", "-XX:+UseSerialGC"), trainerClassPath(), "dev.isobar.trainer.TrainerMain");
    }

    /**
     * The same for jobs of an adapter: behind its stager, if the adapter has one, because no platform fills the trainer's folders there.
     *
     * @param adapterTarget the folder with the adapter's jar and {@code lib/}
     */
    public List<String> trainer(Path adapterTarget) {
        List<Path> adapter = Installation.classPath(adapterTarget);
        List<String> line = new ArrayList<>();
        Installation.stager(adapter.get(0))
                .ifPresent(main -> line.addAll(java(List.of("-Xmx256m", "-XX:+UseSerialGC"), adapter, main)));
        line.addAll(trainer());
        return List.copyOf(line);
    }

    /** What the training entry point runs from. */
    public List<Path> trainerClassPath() {
        return Installation.classPath(installation.project().resolve("pipelines/trainer/target"));
    }

    /**
     * The model server with exactly one adapter; heap up to 256 MiB.
     *
     * @param adapterTarget the folder with the adapter's jar and {@code lib/}
     */
    public List<String> server(Path adapterTarget) {
        List<Path> classPath = new ArrayList<>(serverClassPath());
        classPath.addAll(adapterClassPath(adapterTarget));
        return java(List.of("-Xmx256m", "-XX:+UseSerialGC"), classPath, "dev.isobar.server.ServerMain");
    }

    /** What the model server runs from, without an adapter. */
    public List<Path> serverClassPath() {
        return Installation.classPath(installation.project().resolve("pipelines/server/target"));
    }

    /**
     * What an adapter adds to the server's class path. Both sides copy core-api, Jackson and SLF4J into their lib; the root POM gives them one version.
     *
     * @param adapterTarget the folder with the adapter's jar and {@code lib/}
     */
    public List<Path> adapterClassPath(Path adapterTarget) {
        List<String> present = serverClassPath().stream()
                .map(p -> String.valueOf(p.getFileName()))
                .toList();
        return Installation.classPath(adapterTarget).stream()
                .filter(p -> !present.contains(String.valueOf(p.getFileName())))
                .toList();
    }

    /** What makes images; heap up to 256 MiB. */
    public List<String> image() {
        return java(
                List.of("-Xmx256m", "-XX:+UseSerialGC"),
                Installation.classPath(installation.project().resolve("pipelines/image/target")),
                "dev.isobar.image.ImageMain");
    }

    /**
     * The emulators of a cloud; heap up to 512 MiB.
     *
     * @param target the folder with their jar, whose manifest names the main class, and {@code lib/}
     */
    public List<String> emulators(Path target) {
        List<Path> classPath = Installation.classPath(target);
        return java(List.of("-Xmx512m", "-XX:+UseSerialGC"), classPath, Installation.mainClass(classPath.get(0)));
    }

    /** This command in a process of its own, up to and including options that come before a command's name; heap up to 960 MiB. */
    public List<String> isobar(List<String> options) {
        List<String> line = new ArrayList<>(java(
                List.of(
                        "-Xmx960m",
                        "-XX:+UseSerialGC",
                        "-D" + Installation.PROJECT + "=" + installation.project(),
                        "-D" + Installation.HOME + "=" + installation.home()),
                ownClassPath(),
                "dev.isobar.cli.Main"));
        line.addAll(options);
        return List.copyOf(line);
    }

    /** What this process runs from: another one started for it must be of the same build, packaged or not. */
    private static List<Path> ownClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of)
                .toList();
    }

    private List<String> java(List<String> options, List<Path> classPath, String main) {
        List<String> line = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                IN_OWN_TEMP_FOLDER,
                "isobar",
                installation.home().resolve("tmp").toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(options);
        line.addAll(nativeAccess(Runtime.version().feature()));
        line.add("-XX:-UsePerfData"); // its file would go to the system's temp folder
        line.add("-Xlog:disable"); // the JVM's own warnings go to standard output, which belongs to answers
        line.add("-XX:+ExitOnOutOfMemoryError");
        line.add("-cp");
        line.add(classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        line.add(main);
        return List.copyOf(line);
    }

    /** From 24 on the JDK warns of native libraries and of sun.misc.Unsafe; 17 rejects the second option. */
    static List<String> nativeAccess(int feature) {
        return feature >= 24
                ? List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
                : List.of();
    }
}
