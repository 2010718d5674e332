package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.platform.registry.Catalogue;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.Resource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.DescribeModelPackageGroupResponse;
import software.amazon.awssdk.services.sagemaker.model.ModelApprovalStatus;
import software.amazon.awssdk.services.sagemaker.model.ModelPackageGroupStatus;
import software.amazon.awssdk.services.sagemaker.model.ModelPackageSortBy;
import software.amazon.awssdk.services.sagemaker.model.ModelPackageSummary;
import software.amazon.awssdk.services.sagemaker.model.SortOrder;

/**
 * SageMaker's Model Registry: a group is a model package group, a version a model package, numbered by SageMaker, which neither compares nor sets and knows no alias.
 * The package carries what fits its metadata, for people who look at the console; the lake's record has everything. Thread safe.
 */
public final class ModelPackages implements Catalogue {
    private static final Logger LOG = LoggerFactory.getLogger(ModelPackages.class);
    private static final String CHAMPION = "champion";
    private static final String DIGEST_KEY = "isobar:digest";
    // CustomerMetadataMap of the API's model.
    private static final Pattern METADATA = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
    private static final int METADATA_ENTRIES = 50;
    private static final int METADATA_KEY = 128;
    private static final int METADATA_VALUE = 256;
    private static final int CLIENT_TOKEN = 36;
    private static final int RECENT = 10;

    private final SageMakerClient client;
    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;

    /** The registry of an account and region. */
    public ModelPackages(SageMakerClient client, SageMakerSettings settings) {
        this.client = client;
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.errors = new SageMakerErrors(settings.instance(), "ModelRegistry");
    }

    @Override
    public IsobarException.Builder error(ErrorCode code, String operation, String resource, String message) {
        return errors.error(code, operation, resource, message);
    }

    @Override
    public int make(ModelPackage model, String record, String instead) {
        return errors.call("register", model.group(), () -> {
            DescribeModelPackageGroupResponse group = ensureGroup(model.group());
            return leftover(model, group).orElseGet(() -> create(model, group, record, instead));
        });
    }

    /** The package of somebody who was killed, or is just about to write the record. */
    private Optional<Integer> leftover(ModelPackage model, DescribeModelPackageGroupResponse group) {
        return client
                .listModelPackages(r -> r.modelPackageGroupName(group.modelPackageGroupName())
                        .sortBy(ModelPackageSortBy.CREATION_TIME)
                        .sortOrder(SortOrder.DESCENDING)
                        .maxResults(RECENT))
                .modelPackageSummaryList()
                .stream()
                .filter(p -> model.digest().equals(digestOf(p.modelPackageArn()).orElse(null)))
                .map(ModelPackageSummary::modelPackageVersion)
                .min(Comparator.naturalOrder());
    }

    private int create(ModelPackage model, DescribeModelPackageGroupResponse group, String record, String instead) {
        // SageMaker itself makes one of what comes twice with one token, such as a call whose answer was lost.
        String token = ResourceNames.sha256(
                        group.modelPackageGroupArn() + group.creationTime() + model.digest() + instead)
                .substring(0, CLIENT_TOKEN);
        String arn = client.createModelPackage(r -> r.modelPackageGroupName(group.modelPackageGroupName())
                        .modelPackageDescription("Made by Isobar. Its record: " + record)
                        .sourceUri(settings.lake() + model.artifact())
                        .customerMetadataProperties(metadata(model, record))
                        .modelApprovalStatus(ModelApprovalStatus.PENDING_MANUAL_APPROVAL)
                        .clientToken(token))
                .modelPackageArn();
        return Integer.parseInt(arn.substring(arn.lastIndexOf('/') + 1));
    }

    /** {@code arn:aws:sagemaker:REGION:ACCOUNT:model-package/GROUP/VERSION}. */
    private static String arn(DescribeModelPackageGroupResponse group, int version) {
        return group.modelPackageGroupArn().replace(":model-package-group/", ":model-package/") + "/" + version;
    }

    private Map<String, String> metadata(ModelPackage model, String record) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(DIGEST_KEY, model.digest());
        put(metadata, "isobar:artifact", settings.lake() + model.artifact());
        put(metadata, "isobar:manifest", settings.lake() + model.manifest());
        put(metadata, "isobar:record", settings.lake() + record);
        new TreeMap<>(model.properties()).forEach((key, value) -> put(metadata, key, value));
        return metadata;
    }

    private static void put(Map<String, String> metadata, String key, String value) {
        if (metadata.size() < METADATA_ENTRIES
                && key.length() <= METADATA_KEY
                && value.length() <= METADATA_VALUE
                && METADATA.matcher(key).matches()
                && METADATA.matcher(value).matches()) {
            metadata.put(key, value);
        }
    }

    private DescribeModelPackageGroupResponse ensureGroup(String group) {
        while (true) {
            Optional<DescribeModelPackageGroupResponse> known = group(group);
            if (known.isPresent()) {
                return known.get();
            }
            try {
                client.createModelPackageGroup(r -> r.modelPackageGroupName(names.of(group))
                        .modelPackageGroupDescription("Made by Isobar")
                        .tags(ResourceTags.of(
                                Map.of(),
                                Map.of(ResourceTags.NAME, group, ResourceTags.INSTANCE, settings.instance()))));
            } catch (SdkException e) {
                if (!SageMakerErrors.exists(e)) {
                    throw e;
                }
            }
        }
    }

    private Optional<DescribeModelPackageGroupResponse> group(String group) {
        try {
            return Optional.of(client.describeModelPackageGroup(r -> r.modelPackageGroupName(names.of(group))))
                    .filter(g -> g.modelPackageGroupStatus() != ModelPackageGroupStatus.DELETING);
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Optional<String> digestOf(String arn) {
        try {
            return Optional.ofNullable(client.describeModelPackage(r -> r.modelPackageName(arn))
                    .customerMetadataProperties()
                    .get(DIGEST_KEY));
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public Optional<String> digest(String group, int version) {
        return errors.call("get", group, () -> group(group).flatMap(g -> digestOf(arn(g, version))));
    }

    @Override
    public void remove(String group, int version) {
        errors.call("register", group, () -> {
            group(group).ifPresent(g -> deletePackage(arn(g, version)));
            return true;
        });
    }

    private void deletePackage(String arn) {
        try {
            client.deleteModelPackage(r -> r.modelPackageName(arn));
        } catch (SdkException e) {
            if (!SageMakerErrors.missing(e)) {
                throw e;
            }
        }
    }

    @Override
    public Set<Integer> versions(String group) {
        return errors.call(
                "list",
                group,
                () -> packages(group).stream()
                        .map(ModelPackageSummary::modelPackageVersion)
                        .collect(Collectors.toSet()));
    }

    private List<ModelPackageSummary> packages(String group) {
        try {
            return client.listModelPackagesPaginator(r -> r.modelPackageGroupName(names.of(group))).stream()
                    .flatMap(p -> p.modelPackageSummaryList().stream())
                    .toList();
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public List<String> groups() {
        return errors.call(
                "groups",
                settings.prefix(),
                () -> client
                        .listModelPackageGroupsPaginator(r -> r.nameContains(settings.prefix() + "-"))
                        .modelPackageGroupSummaryList()
                        .stream()
                        .filter(g -> names.ours(g.modelPackageGroupName())
                                && g.modelPackageGroupStatus() != ModelPackageGroupStatus.DELETING)
                        .map(g -> names.original(g.modelPackageGroupName())
                                .orElseGet(() -> ResourceTags.read(client, g.modelPackageGroupArn())
                                        .getOrDefault(ResourceTags.NAME, g.modelPackageGroupName())))
                        .sorted()
                        .toList());
    }

    /** The champion is the approved one. */
    @Override
    public void show(String group, String alias, int version, OptionalInt before) {
        if (alias.equals(CHAMPION)) {
            if (before.isPresent() && before.getAsInt() != version) {
                approve(group, before.getAsInt(), ModelApprovalStatus.PENDING_MANUAL_APPROVAL);
            }
            approve(group, version, ModelApprovalStatus.APPROVED);
        }
    }

    private void approve(String group, int version, ModelApprovalStatus status) {
        try {
            Optional<DescribeModelPackageGroupResponse> found = group(group);
            if (found.isPresent()) {
                String arn = arn(found.get(), version);
                client.updateModelPackage(r -> r.modelPackageArn(arn)
                        .modelApprovalStatus(status)
                        .approvalDescription(
                                status == ModelApprovalStatus.APPROVED
                                        ? "Isobar's champion"
                                        : "No longer Isobar's champion"));
            }
        } catch (SdkException e) {
            LOG.warn("The approval status of version {} of group {} could not be set to {}", version, group, status, e);
        }
    }

    @Override
    public void delete(String group) {
        errors.call("delete", group, () -> {
            // Packages first: SageMaker refuses to delete a group that has any.
            packages(group).forEach(p -> deletePackage(p.modelPackageArn()));
            try {
                client.deleteModelPackageGroup(r -> r.modelPackageGroupName(names.of(group)));
            } catch (SdkException e) {
                if (!SageMakerErrors.missing(e)) {
                    throw e;
                }
            }
            return true;
        });
    }

    @Override
    public List<Resource> resources() {
        return errors.call(
                "list",
                "resources",
                () -> client
                        .listModelPackageGroupsPaginator(r -> r.nameContains(settings.prefix() + "-"))
                        .modelPackageGroupSummaryList()
                        .stream()
                        .filter(g -> names.ours(g.modelPackageGroupName()))
                        .map(g -> new Resource(
                                "model package group",
                                names.original(g.modelPackageGroupName()).orElse(g.modelPackageGroupName()),
                                g.modelPackageGroupArn(),
                                g.modelPackageGroupStatusAsString().toLowerCase(java.util.Locale.ROOT),
                                null,
                                Map.of()))
                        .toList());
    }
}
