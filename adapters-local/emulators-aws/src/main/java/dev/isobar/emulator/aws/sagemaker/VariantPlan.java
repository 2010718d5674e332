package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/**
 * What a production variant is to run.
 *
 * @param container its {@code Image}, and perhaps {@code ModelDataUrl} and {@code Environment}
 * @param startup how long a container may take to answer {@code GET /ping}
 */
record VariantPlan(
        String name, ObjectNode container, String instanceType, int instances, double weight, Duration startup) {
    /** The service's default, in the words of its documentation "within 8 minutes". */
    private static final int STARTUP_SECONDS = 480;

    /** A variant of an endpoint configuration. */
    static VariantPlan of(JsonNode variant, ObjectNode container) {
        return new VariantPlan(
                variant.path("VariantName").asText(),
                container,
                variant.path("InstanceType").asText(),
                variant.path("InitialInstanceCount").asInt(1),
                variant.path("InitialVariantWeight").asDouble(1),
                Duration.ofSeconds(variant.path("ContainerStartupHealthCheckTimeoutInSeconds")
                        .asInt(STARTUP_SECONDS)));
    }

    VariantPlan with(int newInstances, double newWeight) {
        return new VariantPlan(name, container, instanceType, newInstances, newWeight, startup);
    }

    String image() {
        return container.path("Image").asText();
    }
}
