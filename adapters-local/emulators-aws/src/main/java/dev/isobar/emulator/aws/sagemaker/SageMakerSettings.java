package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.process.ImageTable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What an emulated SageMaker is told.
 *
 * @param region the one region that it stands for
 * @param account twelve digits
 * @param home its folder
 * @param s3 where S3 answers
 * @param images the image table, see {@link ImageTable}
 * @param trainingGrace time between SIGTERM and SIGKILL for a training job; 120 s with the service
 * @param servingGrace the same for a model container; 30 s with the service
 * @param startup the longest time that a model container may take until it answers {@code GET /ping}, however much more its configuration gives it
 * @param pace how long at least a job or an endpoint shows a state that passes
 */
public record SageMakerSettings(
        String region,
        String account,
        Path home,
        URI s3,
        Path images,
        Duration trainingGrace,
        Duration servingGrace,
        Duration startup,
        Duration pace) {
    /**
     * What the execution role's credentials are to a container. The service hands them out at an address of its own; the SDKs' default chains look into the
     * environment first.
     */
    static final Map<String, String> ROLE =
            Map.of("AWS_ACCESS_KEY_ID", "emulatedrole", "AWS_SECRET_ACCESS_KEY", "emulatedrole");

    /** The service's own times, but a minute at most for a container to start. */
    public static SageMakerSettings of(String region, String account, Path home, URI s3, Path images) {
        return new SageMakerSettings(
                region,
                account,
                home,
                s3,
                images,
                Duration.ofSeconds(120),
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                Duration.ZERO);
    }

    /** The same with other times. */
    public SageMakerSettings with(Duration trainingGrace, Duration servingGrace, Duration startup) {
        return new SageMakerSettings(region, account, home, s3, images, trainingGrace, servingGrace, startup, pace);
    }

    /** The same with another pace. */
    public SageMakerSettings with(Duration pace) {
        return new SageMakerSettings(region, account, home, s3, images, trainingGrace, servingGrace, startup, pace);
    }
}
