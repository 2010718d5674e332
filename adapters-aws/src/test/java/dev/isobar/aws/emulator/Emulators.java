package dev.isobar.aws.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.foreign.KinesisLocal;
import dev.isobar.emulator.aws.foreign.MotoServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What others wrote to stand for AWS, started empty. A test that cannot have one is skipped, and says why. */
public final class Emulators {
    private static final Path TARGET =
            Path.of(System.getProperty("basedir", ""), "target").toAbsolutePath();

    private Emulators() {}

    /** kinesis-local of the npm registry, installed once under target. */
    public static synchronized ForeignProcess kinesis() {
        needs(onPath("node"), "there is no Node.js here, on which kinesis-local runs");
        needs(onPath("npm"), "there is no npm here, which installs kinesis-local");
        return start("kinesis", folder -> KinesisLocal.start(TARGET.resolve("kinesis-local"), folder));
    }

    /** DynamoDB local. */
    public static ForeignProcess dynamoDb() {
        return start("dynamodb", DynamoDbLocal::start);
    }

    /** moto. */
    public static ForeignProcess moto() {
        needs(MotoServer.installed(), "no moto_server on the PATH: `pip install moto[server]` gives it");
        return start("moto", MotoServer::start);
    }

    private static void needs(boolean there, String otherwise) {
        if (!there) {
            System.out.println("SKIPPED: " + otherwise);
        }
        assumeTrue(there, otherwise);
    }

    private interface Starter {
        ForeignProcess start(Path folder) throws IOException;
    }

    private static ForeignProcess start(String name, Starter starter) {
        try {
            return starter.start(Files.createTempDirectory(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean onPath(String command) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(folder, command))) {
                return true;
            }
        }
        return false;
    }
}
