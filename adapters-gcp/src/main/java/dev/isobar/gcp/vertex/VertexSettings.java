package dev.isobar.gcp.vertex;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What Vertex AI's ports are told.
 *
 * @param bucket of the lake
 * @param lake first part of the names of the lake's objects in the bucket, with the last slash
 * @param prefix of all resources' names
 * @param machineType of training, such as {@code n1-standard-4}
 * @param servingMachineType of a replica
 * @param serviceAccount e-mail of the account that containers run as; null for Vertex AI's own
 * @param spot whether training may be interrupted, for a lower price
 * @param spotWait how long a job may wait for such a machine
 * @param poll the shortest time between two questions about one thing
 * @param patience how long an operation may take that a call waits for
 * @param scalingPeriod how long latency is looked at before replicas may be added; servers publish it once a minute
 * @param registryImage the image that versions in the registry name as their server; null for Google's own for XGBoost
 */
public record VertexSettings(
        String bucket,
        String lake,
        String prefix,
        String machineType,
        String servingMachineType,
        @Nullable String serviceAccount,
        boolean spot,
        Duration spotWait,
        Duration poll,
        Duration patience,
        Duration scalingPeriod,
        @Nullable String registryImage) {
    /** Where the lake is, {@code gs://BUCKET/…/}. */
    URI lakeUri() {
        return URI.create("gs://" + bucket + "/" + lake);
    }
}
