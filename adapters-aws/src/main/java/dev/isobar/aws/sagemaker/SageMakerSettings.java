package dev.isobar.aws.sagemaker;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What SageMaker's ports have to know of their adapter instance. Immutable.
 *
 * @param instance the adapter instance's name, for errors and tags
 * @param prefix first part of every resource's name
 * @param region such as {@code eu-central-1}
 * @param runtime address of the runtime API if it is not the region's own
 * @param lake address of the lake's root, {@code s3://BUCKET/PATH/} with the last slash
 * @param roleArn the role that SageMaker assumes; null if nobody said
 * @param trainingVolumeGib of a training instance
 * @param spot whether training runs on spot capacity
 * @param spotWait how much longer than its timeout a spot job may take, waiting included
 * @param poll the shortest time between two questions about one job or endpoint
 * @param algorithm whose trainer runs
 */
public record SageMakerSettings(
        String instance,
        String prefix,
        String region,
        @Nullable URI runtime,
        String lake,
        @Nullable String roleArn,
        String trainingInstance,
        String servingInstance,
        int trainingVolumeGib,
        boolean spot,
        Duration spotWait,
        Duration poll,
        Algorithm algorithm) {
    /** Whose trainer runs. */
    public enum Algorithm {
        /** The image of the workload. */
        IMAGE,
        /** SageMaker's own XGBoost, version 1.7. */
        BUILT_IN
    }
}
