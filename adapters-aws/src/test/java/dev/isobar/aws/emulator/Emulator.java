package dev.isobar.aws.emulator;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.KinesisLocal;
import dev.isobar.emulator.aws.foreign.MotoServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What others wrote to stand for AWS, for the tests of one class, as a static field with {@code @RegisterExtension}: started empty before them, ended after them. A
 * class that cannot have one is skipped, and says why.
 */
public final class Emulator implements BeforeAllCallback {
    private static final Path TARGET =
            Path.of(System.getProperty("basedir", ""), "target").toAbsolutePath();

    private final Starter starter;
    private @Nullable Running running;

    private Emulator(Starter starter) {
        this.starter = starter;
    }

    /** kinesis-local of the npm registry, installed once under target. */
    public static Emulator kinesis() {
        return new Emulator(folder -> {
            needs(onPath("node"), "there is no Node.js here, on which kinesis-local runs");
            needs(onPath("npm"), "there is no npm here, which installs kinesis-local");
            return KinesisLocal.start(TARGET.resolve("kinesis-local"), folder);
        });
    }

    /** DynamoDB local. */
    public static Emulator dynamoDb() {
        return new Emulator(DynamoDbLocal::start);
    }

    /** moto. */
    public static Emulator moto() {
        return new Emulator(folder -> {
            needs(MotoServer.installed(), "no moto_server on the PATH: `pip install moto[server]` gives it");
            return MotoServer.start(folder);
        });
    }

    /** Where it listens. */
    public URI endpoint() {
        return requireNonNull(running, "started before the first test")
                .process()
                .endpoint();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // The store ends it with the class that it was started for. Nested classes begin within, and find it running.
        running = context.getStore(ExtensionContext.Namespace.create(this))
                .computeIfAbsent(Running.class, type -> start(), Running.class);
    }

    private Running start() {
        try {
            Path folder = Files.createTempDirectory("emulator");
            return new Running(starter.start(folder), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void needs(boolean there, String otherwise) {
        if (!there) {
            System.out.println("SKIPPED: " + otherwise);
        }
        assumeTrue(there, otherwise);
    }

    private static boolean onPath(String command) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(folder, command))) {
                return true;
            }
        }
        return false;
    }

    private interface Starter {
        ForeignProcess start(Path folder) throws IOException;
    }

    /** A process and its folder, which goes with it. */
    private record Running(ForeignProcess process, Path folder) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            process.close();
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> deepestFirst =
                        files.sorted(Comparator.reverseOrder()).toList();
                for (Path file : deepestFirst) {
                    Files.delete(file);
                }
            }
        }
    }
}
