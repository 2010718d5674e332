package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The operations on endpoint configurations: production variants on instances. Serverless, asynchronous, shadow and captured variants are refused, for
 * the emulator would not do what they say.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html">CreateEndpointConfig</a>
 */
final class EndpointConfigs {
    private static final List<String> UNKNOWN =
            List.of("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig", "DataCaptureConfig");
    private static final List<String> UNKNOWN_OF_VARIANT =
            List.of("ServerlessConfig", "InstancePools", "ManagedInstanceScaling", "AcceleratorType");

    private final NamedDocuments configs;
    private final Models models;

    EndpointConfigs(Documents configs, Arns arns, Models models) {
        this.configs = new NamedDocuments(
                configs, arns, "endpoint-config", "endpoint configuration", "EndpointConfig", Rules.NAME);
        this.models = models;
    }

    ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("EndpointConfigName", Rules.NAME);
        if (!in.has("ProductionVariants")) {
            in.wrong("ProductionVariants", "Member must not be null");
        }
        List<Members> variants = in.objects("ProductionVariants", 1, 10);
        for (Members variant : variants) {
            variant.text("VariantName", Rules.NAME);
            variant.text("ModelName", Rules.MODEL_NAME);
            variant.number("InitialInstanceCount", 1, Integer.MAX_VALUE);
            variant.text("InstanceType", Rules.INSTANCE_TYPE);
            variant.decimalOr("InitialVariantWeight", 1, 0);
            variant.numberOr("ContainerStartupHealthCheckTimeoutInSeconds", 60, 60, 3600);
            variant.numberOr("ModelDataDownloadTimeoutInSeconds", 60, 60, 3600);
            variant.numberOr("VolumeSizeInGB", 1, 1, 512);
        }
        ObjectNode config = request.deepCopy();
        config.remove("Tags");
        config.set("_Tags", Rules.tags(in));
        in.check();
        refuse(in, UNKNOWN);
        Set<String> names = new HashSet<>();
        for (Members variant : variants) {
            refuse(variant, UNKNOWN_OF_VARIANT);
            if (!names.add(variant.text("VariantName", Rule.length(63)))) {
                throw ServiceError.validation(
                        "Production variant names must be unique within an endpoint configuration");
            }
            models.existing(variant.text("ModelName", Rules.MODEL_NAME));
        }
        for (var variant : config.withArray("ProductionVariants")) {
            if (variant instanceof ObjectNode object && !object.hasNonNull("InitialVariantWeight")) {
                object.put("InitialVariantWeight", 1.0);
            }
        }
        config.put("CreationTime", Rules.now());
        return configs.create(name, config);
    }

    ObjectNode describe(ObjectNode request) {
        return configs.describe(request);
    }

    ObjectNode list(ObjectNode request) {
        return configs.list(request);
    }

    ObjectNode delete(ObjectNode request) {
        return configs.delete(request);
    }

    /** The endpoint configuration of that name; it is refused if there is none. */
    ObjectNode existing(String name) {
        return configs.existing(name);
    }

    private static void refuse(Members in, List<String> unknown) {
        for (String name : unknown) {
            if (in.has(name)) {
                throw ServiceError.validation("This emulator has no " + name);
            }
        }
    }
}
