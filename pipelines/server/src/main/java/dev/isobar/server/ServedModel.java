package dev.isobar.server;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.port.ObjectStore;
import dev.isobar.server.model.Evaluator;
import dev.isobar.server.model.Models;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.workload.ServingDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a descriptor names, fetched from the lake and checked to be exactly that. Immutable. */
record ServedModel(ServingDescriptor descriptor, PipelineSpec spec, FeaturePlan plan, Evaluator model) {

    /**
     * Loads a descriptor, its spec and its model. Descriptor and model are not parsed before their
     * digests are verified; a spec is its hash's own tree, so it is read first and then judged.
     *
     * @param key the descriptor's lake key
     * @param digest what its bytes must have, {@code sha256:…}
     * @throws IsobarException {@code NOT_FOUND}, {@code CORRUPT}; {@code INVALID_PIPELINE} for features that cannot be compiled
     */
    static ServedModel load(ObjectStore lake, String key, String digest) {
        byte[] bytes = get(lake, key, "serving descriptor");
        verify(bytes, digest, "serving descriptor", key);
        ServingDescriptor descriptor = ServingDescriptor.fromJson(bytes);

        byte[] json = get(lake, descriptor.spec(), "pipeline spec");
        PipelineSpec spec = spec(json, descriptor);
        FeaturePlan plan = FeaturePlan.compile(spec);

        byte[] trees = get(lake, descriptor.model(), "model");
        verify(trees, descriptor.modelDigest(), "model", descriptor.model());
        Evaluator model = Models.load(trees, descriptor.model());
        try {
            fits(model, plan, descriptor);
        } catch (IsobarException e) {
            model.close();
            throw e;
        }
        return new ServedModel(descriptor, spec, plan, model);
    }

    private static PipelineSpec spec(byte[] json, ServingDescriptor descriptor) {
        PipelineSpec spec = SpecJson.read(new String(json, StandardCharsets.UTF_8));
        String version = SpecJson.version(spec);
        if (!version.equals(descriptor.specVersion())) {
            throw corrupt("The pipeline spec '" + descriptor.spec() + "' has version " + version
                    + ", the descriptor says " + descriptor.specVersion() + ".");
        }
        return spec;
    }

    private static void fits(Evaluator model, FeaturePlan plan, ServingDescriptor descriptor) {
        if (model.featureCount() >= 0 && model.featureCount() != plan.size()) {
            throw corrupt("The model '" + descriptor.model() + "' takes " + model.featureCount()
                    + " features, the pipeline gives " + plan.size() + ".");
        }
        List<String> columns = plan.columns().stream().map(FeatureColumn::name).toList();
        // The same number in another order would serve nonsense without an error.
        if (!model.featureNames().isEmpty() && !model.featureNames().equals(columns)) {
            throw corrupt("The model '" + descriptor.model() + "' takes the features " + model.featureNames()
                    + ", the pipeline gives " + columns + ".");
        }
    }

    private static byte[] get(ObjectStore lake, String key, String what) {
        return lake.get(key)
                .orElseThrow(() -> IsobarException.of(
                                ErrorCode.NOT_FOUND, "The " + what + " '" + key + "' is not in the lake.")
                        .at("ObjectStore", "get")
                        .resource(key)
                        .hint("Deploy again: `isobar run` writes it before it starts a server.")
                        .build())
                .content();
    }

    private static void verify(byte[] bytes, String expected, String what, String key) {
        String actual = ServingDescriptor.digest(bytes);
        if (!actual.equals(expected)) {
            throw corrupt("The " + what + " '" + key + "' has the digest " + actual + ", not " + expected
                    + "; it was damaged or replaced, and is not parsed.");
        }
    }

    private static IsobarException corrupt(String message) {
        return IsobarException.of(ErrorCode.CORRUPT, message)
                .hint("Deploy again: `isobar run` writes descriptor, spec and model anew.")
                .build();
    }
}
