package dev.isobar.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** What an adapter's stager does, without a cloud: copies a folder, starts the command that it was given, ends as that does. Runs from a jar of its own. */
public final class StandInStager {
    private StandInStager() {}

    /** Runs one training and ends the process. */
    public static void main(String[] command) throws Exception {
        try {
            Class.forName("dev.isobar.trainer.TrainerMain");
            System.exit(70);
        } catch (ClassNotFoundException e) {
            System.out.println("stand-in: the trainer's classes are not here");
        }
        Path lake = Path.of(System.getenv("STAND_IN_LAKE"));
        Path ml = Path.of(System.getenv("ISOBAR_ML_DIR"));
        try (Stream<Path> all = Files.walk(lake)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path to = ml.resolve(lake.relativize(file));
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
        int exit = new ProcessBuilder(List.of(command)).inheritIO().start().waitFor();
        System.out.println("stand-in: the trainer ended with " + exit + " after " + command[command.length - 1]);
        System.exit(exit);
    }

    /** A jar with this class only. */
    static Path jar(Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        String name = StandInStager.class.getName().replace('.', '/') + ".class";
        try (InputStream in = StandInStager.class.getClassLoader().getResourceAsStream(name);
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry(name));
            Objects.requireNonNull(in, name).transferTo(out);
        }
        return jar;
    }
}
