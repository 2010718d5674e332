package dev.isobar.aws.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** S3Proxy over memory. */
public final class S3Proxy implements AutoCloseable {
    private final EmulatorProcess process;

    private S3Proxy(EmulatorProcess process) {
        this.process = process;
    }

    /** Starts it; skips the test if the build has not put its jar in place. */
    public static S3Proxy start() throws IOException {
        Path jar = Path.of(System.getProperty("basedir", ""), "target", "emulators", "s3proxy.jar")
                .toAbsolutePath();
        assumeTrue(Files.exists(jar), () -> "no " + jar + ": `mvn process-test-resources` puts it there");
        Path folder = Files.createTempDirectory("s3proxy");
        int port = EmulatorProcess.freePort();
        Path properties = Files.writeString(
                folder.resolve("s3proxy.conf"),
                "s3proxy.endpoint=http://127.0.0.1:" + port
                        + "\ns3proxy.authorization=none\njclouds.provider=transient-nio2\njclouds.identity=x\njclouds.credential=x\n");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new S3Proxy(EmulatorProcess.start(
                List.of(java, "-Xmx512m", "-jar", jar.toString(), "--properties", properties.toString()),
                folder,
                port));
    }

    /** Where it listens. */
    public URI endpoint() {
        return process.endpoint();
    }

    @Override
    public void close() {
        process.close();
    }
}
