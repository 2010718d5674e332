package dev.isobar.aws.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.util.List;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * LocalStack's free edition in a container, one per JVM, started by the first who asks and removed by Testcontainers when the JVM ends. Tests share it as they would share
 * an account.
 *
 * <p>{@code -Dlocalstack.image=} names what runs instead: an image that answers on LocalStack's port and prints {@code Ready.} as LocalStack does.
 */
public final class LocalStack {
    private static final String REPOSITORY = "localstack/localstack";
    /** The last that needs no account. */
    private static final String PINNED =
            REPOSITORY + ":4.14.0@sha256:3ebc37595918b8accb852f8048fef2aff047d465167edd655528065b07bc364a";

    private static final DockerImageName IMAGE = DockerImageName.parse(System.getProperty("localstack.image", PINNED));

    private LocalStack() {}

    /** Where it answers. Without a Docker that answers, the test is skipped, and says so. */
    public static URI endpoint() {
        boolean docker = DockerClientFactory.instance().isDockerAvailable();
        assumeTrue(docker, "no Docker answers here, and LocalStack runs in a container");
        return Holder.ENDPOINT;
    }

    /** What the report calls it: a substitute by its own name, so that nobody takes it for LocalStack. */
    public static String name() {
        return (IMAGE.getUnversionedPart().equals(REPOSITORY) ? "LocalStack" : IMAGE.asCanonicalNameString())
                + " in a container";
    }

    private static final class Holder {
        private static final URI ENDPOINT = start();

        // The container lives as long as the JVM: Testcontainers removes it then.
        @SuppressWarnings("resource")
        private static URI start() {
            LocalStackContainer container = new LocalStackContainer(IMAGE.asCompatibleSubstituteFor(REPOSITORY))
                    .withServices("kinesis", "dynamodb", "s3", "cloudwatch");
            // LocalStackContainer gives every LocalStack the host's Docker socket, for Lambda; nothing here needs it.
            container.setBinds(List.of());
            container.start();
            return container.getEndpoint();
        }
    }
}
