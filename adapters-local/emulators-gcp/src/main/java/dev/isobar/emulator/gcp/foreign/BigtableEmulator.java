package dev.isobar.emulator.gcp.foreign;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulation.process.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * Google's own Bigtable for one machine, data and administration on one port. It keeps everything in memory: after a start it is empty, and who kept state in it
 * builds it anew.
 *
 * @see <a href="https://cloud.google.com/bigtable/docs/emulator">Bigtable emulator</a>
 */
public final class BigtableEmulator {
    private BigtableEmulator() {}

    /**
     * Starts it.
     *
     * @param folder holds its program and its log
     */
    public static ForeignProcess start(Path folder) throws IOException {
        return start(folder, Ports.free());
    }

    /** The same on that port. */
    public static ForeignProcess start(Path folder, int port) throws IOException {
        Files.createDirectories(folder);
        Path program = program(folder);
        return ForeignProcess.start(
                "Bigtable emulator",
                List.of(program.toString(), "-host=127.0.0.1", "-port=" + port),
                Map.of(),
                folder,
                port);
    }

    /** Unpacks this machine's program, if that was not done before. */
    private static Path program(Path folder) throws IOException {
        Path jar = jar();
        String entry = entry();
        Path program = folder.resolve(jar.getFileName() + "-" + entry.substring(entry.lastIndexOf('/') + 1));
        if (Files.isExecutable(program)) {
            return program;
        }
        Path partial = Files.createTempFile(folder, "cbtemulator", null);
        try (JarFile file = new JarFile(jar.toFile())) {
            ZipEntry packed = file.getEntry(entry);
            if (packed == null) {
                throw new IOException("Google's Bigtable emulator does not run here: there is no " + entry + " in it");
            }
            try (InputStream in = file.getInputStream(packed)) {
                Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        if (!partial.toFile().setExecutable(true, true)) {
            throw new IOException(partial + " cannot be made executable");
        }
        return Files.move(partial, program, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String entry() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        boolean arm = machine.equals("aarch64") || machine.startsWith("arm");
        boolean windows = system.startsWith("windows");
        String family = windows ? "windows" : system.startsWith("mac") ? "darwin" : "linux";
        String processor = arm && !windows ? "arm" : machine.endsWith("64") ? "x86_64" : "x86";
        return "gcloud/bigtable-" + family + "-" + processor + "/platform/bigtable-emulator/cbtemulator"
                + (windows ? ".exe" : "");
    }

    /** The build puts it in {@code third-party/} beside this module's classes or jar. */
    private static Path jar() throws IOException {
        Path folder;
        try {
            folder = Path.of(BigtableEmulator.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .resolveSibling("third-party")
                    .resolve("bigtable");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("these classes come from no file", e);
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(file -> file.toString().endsWith(".jar"))
                        .findFirst()
                        .orElseThrow(() -> missing(folder));
            }
        }
        throw missing(folder);
    }

    private static IOException missing(Path folder) {
        return new IOException("There is no Bigtable emulator in " + folder
                + "; the build of adapters-local/emulators-gcp puts it there");
    }
}
