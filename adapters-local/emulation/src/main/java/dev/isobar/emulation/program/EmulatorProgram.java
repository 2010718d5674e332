package dev.isobar.emulation.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the programs of all clouds share: {@code --home DIR --images FILE} and options of their own, each with a value. When everything answers,
 * {@code DIR/ready.json} says where.
 *
 * <p>The images file says which local command stands for which image, and what the account may do; see {@link dev.isobar.emulation.process.ImageTable}.
 *
 * <p>Exit codes: 0 after SIGTERM, 1 if something does not start, with one line on standard error, 2 for a wrong argument.
 */
public final class EmulatorProgram {
    private static final String HOME = "--home";
    private static final String IMAGES = "--images";

    private EmulatorProgram() {}

    /** What a cloud starts. */
    @FunctionalInterface
    public interface Cloud {
        /**
         * Starts it.
         *
         * @param home where it keeps what outlives it
         * @param images the image table
         * @param options those of the cloud that were given, without their dashes
         */
        Emulation start(Path home, Path images, Map<String, String> options) throws IOException;
    }

    /**
     * Starts a cloud and returns; threads of its servers keep the process alive. Ends the process if that fails.
     *
     * @param options names of the cloud's own options, without dashes
     */
    public static void run(String[] arguments, Set<String> options, Cloud cloud) {
        Set<String> names = new TreeSet<>(Set.of(HOME, IMAGES));
        options.forEach(option -> names.add("--" + option));
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!names.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println("Unknown argument or no value: " + arguments[i] + ". There are " + names + ".");
                System.exit(2);
            }
            given.put(arguments[i].substring(2), arguments[i + 1]);
        }
        String home = given.remove("home");
        String images = given.remove("images");
        if (home == null || images == null) {
            System.err.println("--home and --images are needed.");
            System.exit(2);
            return;
        }
        try {
            Path folder = Files.createDirectories(Path.of(home).toAbsolutePath());
            Emulation emulation = cloud.start(folder, Path.of(images).toAbsolutePath(), given);
            Runtime.getRuntime().addShutdownHook(new Thread(emulation::close, "down"));
            emulation.report(folder.resolve("ready.json"));
        } catch (IOException | RuntimeException e) {
            System.err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            System.exit(1);
        }
    }
}
