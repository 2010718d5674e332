package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.DescribeEndpointConfigResponse;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariant;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariantInstanceType;
import software.amazon.awssdk.services.sagemaker.model.Tag;

/**
 * Models and endpoint configurations. Both are named by what is in them and never change, so making one twice makes one, and what was read once stays true.
 * Thread safe.
 */
final class EndpointConfigs {
    /** Traffic in basis points. */
    static final int ALL_TRAFFIC = 10_000;

    private static final String MODEL_DIGEST = "isobar:model-digest";
    private static final String DEPLOYMENT = "isobar:deployment";
    /** Of an endpoint configuration, and the variant's name behind it: how elastic it is, which SageMaker has no place for. */
    private static final String REPLICAS = "isobar:replicas:";

    private static final Pattern ELASTIC = Pattern.compile("(\\d{1,9})/(\\d{1,9})/(\\d{1,18})");
    private static final Pattern NAME = Pattern.compile("[a-z0-9](-*[a-z0-9])*");
    private static final int NAME_LENGTH = 63;
    // ProductionVariantList, EnvironmentMap and EnvironmentValue of the API's model.
    private static final int VARIANTS = 10;
    private static final int VARIABLES = 100;
    private static final int VARIABLE = 1_024;
    private static final Pattern VARIABLE_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]{0,1023}");

    private final SageMakerClient client;
    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;
    private final ConcurrentMap<String, List<Variant>> read = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, String> digests = new ConcurrentHashMap<>();

    EndpointConfigs(SageMakerClient client, SageMakerSettings settings, ResourceNames names, SageMakerErrors errors) {
        this.client = client;
        this.settings = settings;
        this.names = names;
        this.errors = errors;
    }

    /**
     * A production variant.
     *
     * @param name the deployment's
     * @param model SageMaker's name of the model, which is what the deployment runs
     * @param instances how many it begins with
     * @param weight basis points
     */
    record Variant(String name, String model, Replicas replicas, int instances, int weight) {
        /** As it is to begin. */
        Variant(String name, String model, Replicas replicas, int weight) {
            this(name, model, replicas, replicas.min(), weight);
        }

        /** The same, as it stands now. */
        Variant standing(int instances, int weight) {
            return new Variant(name, model, replicas, instances, weight);
        }
    }

    /** What a model is, apart from the endpoint it is for. */
    record Content(String deployment, Workload workload, String modelDigest) {}

    /** The variants that a declaration asks for; its models need not exist yet. */
    List<Variant> variants(EndpointConfiguration c) {
        return c.deployments().stream()
                .map(d -> new Variant(
                        d.name(),
                        names.part(
                                c.endpoint(),
                                CanonicalJson.write(new Content(d.name(), d.workload(), d.modelDigest()))),
                        d.replicas(),
                        c.basisPoints().getOrDefault(d.name(), 0)))
                .sorted(Comparator.comparing(Variant::name))
                .toList();
    }

    /** Makes the models of a declaration. */
    void makeModels(EndpointConfiguration c, List<Variant> variants) {
        Map<String, String> models = variants.stream().collect(Collectors.toMap(Variant::name, Variant::model));
        for (Deployment d : c.deployments()) {
            unlessThere(() -> client.createModel(r -> r.modelName(models.get(d.name()))
                    .executionRoleArn(settings.roleArn())
                    .primaryContainer(p -> p.image(d.workload().image())
                            .environment(new TreeMap<>(d.workload().environment())))
                    .tags(tags(
                            c.endpoint(), c.labels(), Map.of(MODEL_DIGEST, d.modelDigest(), DEPLOYMENT, d.name())))));
        }
    }

    /** Makes a configuration of variants whose models exist; returns its name. */
    String make(String endpoint, Map<String, String> labels, List<Variant> variants) {
        String name = names.part(endpoint, settings.servingInstance() + CanonicalJson.write(variants));
        List<ProductionVariant> production = variants.stream()
                .map(v -> ProductionVariant.builder()
                        .variantName(v.name())
                        .modelName(v.model())
                        .instanceType(ProductionVariantInstanceType.fromValue(settings.servingInstance()))
                        .initialInstanceCount(v.instances())
                        .initialVariantWeight((float) v.weight())
                        .build())
                .toList();
        Map<String, String> elastic = new TreeMap<>();
        variants.stream()
                .filter(v -> v.replicas().elastic())
                .forEach(v -> elastic.put(
                        REPLICAS + v.name(),
                        v.replicas().min() + "/" + v.replicas().max() + "/"
                                + v.replicas().scaleOutP99Micros()));
        unlessThere(() -> client.createEndpointConfig(
                r -> r.endpointConfigName(name).productionVariants(production).tags(tags(endpoint, labels, elastic))));
        read.put(name, variants);
        return name;
    }

    private List<Tag> tags(String endpoint, Map<String, String> labels, Map<String, String> more) {
        Map<String, String> own = new TreeMap<>(more);
        own.put(ResourceTags.NAME, endpoint);
        own.put(ResourceTags.INSTANCE, settings.instance());
        return ResourceTags.of(labels, own);
    }

    private static void unlessThere(Runnable create) {
        try {
            create.run();
        } catch (SdkException e) {
            if (!SageMakerErrors.exists(e)) {
                throw e;
            }
        }
    }

    /** The variants of a configuration, by name; empty if there is none. */
    List<Variant> variants(String config) {
        List<Variant> known = read.get(config);
        if (known != null) {
            return known;
        }
        try {
            DescribeEndpointConfigResponse found = client.describeEndpointConfig(r -> r.endpointConfigName(config));
            Map<String, String> tags = ResourceTags.read(client, found.endpointConfigArn());
            List<Variant> variants = found.productionVariants().stream()
                    .map(v -> variant(v, tags.getOrDefault(REPLICAS + v.variantName(), "")))
                    .sorted(Comparator.comparing(Variant::name))
                    .toList();
            read.put(config, variants);
            return variants;
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return List.of();
            }
            throw e;
        }
    }

    private static Variant variant(ProductionVariant v, String elastic) {
        int instances = v.initialInstanceCount() == null ? 1 : v.initialInstanceCount();
        Matcher bounds = ELASTIC.matcher(elastic);
        Replicas replicas = bounds.matches()
                ? new Replicas(
                        Integer.parseInt(bounds.group(1)),
                        Integer.parseInt(bounds.group(2)),
                        Long.parseLong(bounds.group(3)))
                : Replicas.fixed(instances);
        return new Variant(
                v.variantName(),
                v.modelName(),
                replicas,
                instances,
                Math.round(v.initialVariantWeight() == null ? 1 : v.initialVariantWeight()));
    }

    /** The digest that a server of this model must report; empty if the model is not one of ours. */
    String digest(String model) {
        return digests.computeIfAbsent(
                model,
                m -> ResourceTags.read(
                                client,
                                client.describeModel(r -> r.modelName(m)).modelArn())
                        .getOrDefault(MODEL_DIGEST, ""));
    }

    /** Removes the configurations of an endpoint and their models, but for those that are still needed. */
    void sweep(String endpoint, Set<String> configs) {
        Set<String> models = new HashSet<>();
        configs.forEach(c -> variants(c).forEach(v -> models.add(v.model())));
        Pattern parts = names.parts(endpoint);
        String base = names.base(endpoint);
        List<String> oldConfigs = new ArrayList<>();
        client.listEndpointConfigsPaginator(r -> r.nameContains(base)).endpointConfigs().stream()
                .map(c -> c.endpointConfigName())
                .filter(c -> parts.matcher(c).matches() && !configs.contains(c))
                .forEach(oldConfigs::add);
        List<String> oldModels = new ArrayList<>();
        client.listModelsPaginator(r -> r.nameContains(base)).models().stream()
                .map(m -> m.modelName())
                .filter(m -> parts.matcher(m).matches() && !models.contains(m))
                .forEach(oldModels::add);
        oldConfigs.forEach(c -> {
            unlessGone(() -> client.deleteEndpointConfig(r -> r.endpointConfigName(c)));
            read.remove(c);
        });
        oldModels.forEach(m -> unlessGone(() -> client.deleteModel(r -> r.modelName(m))));
    }

    private static void unlessGone(Runnable delete) {
        try {
            delete.run();
        } catch (SdkException e) {
            if (!SageMakerErrors.missing(e)) {
                throw e;
            }
        }
    }

    /** Refuses what SageMaker or the port would refuse, before anything is made. */
    void check(EndpointConfiguration c) {
        String endpoint = c.endpoint();
        if (endpoint.isEmpty()) {
            throw errors.invalid("apply", endpoint, "The endpoint has no name");
        }
        ResourceTags.check("Endpoints", "apply", endpoint, c.labels());
        if (c.deployments().isEmpty() || c.deployments().size() > VARIANTS) {
            throw errors.invalid(
                    "apply",
                    endpoint,
                    "An endpoint has 1 to " + VARIANTS + " deployments, not "
                            + c.deployments().size());
        }
        Set<String> seen = new HashSet<>();
        for (Deployment d : c.deployments()) {
            if (!NAME.matcher(d.name()).matches() || d.name().length() > NAME_LENGTH || !seen.add(d.name())) {
                throw errors.invalid(
                        "apply",
                        endpoint,
                        "The deployment's name '" + d.name() + "' is not " + NAME + " of at most " + NAME_LENGTH
                                + " characters, or is there twice");
            }
            check(endpoint, d);
        }
        checkTraffic("apply", endpoint, c.basisPoints(), seen);
        if (settings.roleArn() == null) {
            throw errors.error(
                            ErrorCode.INVALID_CONFIGURATION,
                            "apply",
                            endpoint,
                            "No role is configured that SageMaker could assume to serve")
                    .hint(
                            "Set targets.aws.sagemaker.role-arn to a role that may read the lake's bucket and what the server reads.")
                    .build();
        }
    }

    private void check(String endpoint, Deployment d) {
        if (d.workload().image() == null) {
            throw TrainingRequests.noImage(errors, "apply", d.name(), "image.server");
        }
        // A model has no place for arguments: SageMaker starts every server with the one argument "serve".
        if (!d.workload().command().isEmpty() && !d.workload().command().equals(List.of("serve"))) {
            throw errors.error(
                            ErrorCode.UNSUPPORTED,
                            "apply",
                            endpoint,
                            "Deployment '" + d.name() + "' gives its image arguments: "
                                    + d.workload().command())
                    .hint(
                            "SageMaker starts servers with 'serve' and nothing else; use the image's entry point or variables.")
                    .build();
        }
        Map<String, String> environment = d.workload().environment();
        if (environment.size() > VARIABLES) {
            throw errors.invalid(
                    "apply",
                    endpoint,
                    "Deployment '" + d.name() + "' has " + environment.size() + " variables; SageMaker takes "
                            + VARIABLES);
        }
        environment.forEach((key, value) -> {
            if (!VARIABLE_NAME.matcher(key).matches() || value.length() > VARIABLE) {
                throw errors.invalid(
                        "apply",
                        endpoint,
                        "The variable '" + key + "' of deployment '" + d.name() + "' is not " + VARIABLE_NAME
                                + " with at most " + VARIABLE + " characters of value; it has " + value.length());
            }
        });
    }

    /** Refuses shares that are not shares of these deployments, or not of everything. */
    void checkTraffic(String operation, String endpoint, Map<String, Integer> basisPoints, Set<String> deployments) {
        int total = 0;
        for (Map.Entry<String, Integer> share : basisPoints.entrySet()) {
            if (!deployments.contains(share.getKey())) {
                throw errors.invalid(
                        operation,
                        endpoint,
                        "Traffic goes to '" + share.getKey() + "', which is none of the deployments " + deployments);
            }
            if (share.getValue() < 0 || share.getValue() > ALL_TRAFFIC) {
                throw errors.invalid(
                        operation,
                        endpoint,
                        "The share " + share.getValue() + " of '" + share.getKey() + "' is not 0 to 10,000");
            }
            total += share.getValue();
        }
        if (total != ALL_TRAFFIC) {
            throw errors.invalid(operation, endpoint, "The shares add up to " + total + ", not to 10,000 basis points");
        }
    }
}
