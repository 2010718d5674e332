package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
 * SageMaker's Model Registry: a group is a model package group, a version a model package, numbered by SageMaker. Thread safe, also between processes.
 *
 * <p>SageMaker neither compares nor sets, and knows no alias. So who is which version is decided in the lake: of those that register a digest at once each may
 * make a package, but only one writes the digest's record, and the others remove theirs again. Numbers can therefore have gaps, never two models. The package
 * carries what fits its metadata, for people who look at the console; the record has everything.
 *
 * <pre>
 * sagemaker/registry/GROUP/digests/HEX.json     which version this digest is, and the package whole
 * sagemaker/registry/GROUP/aliases/ALIAS.json   what it points at; the object's version is its token
 * </pre>
 *
 * @since 0.1
 */
public final class SageMakerModelRegistry implements ModelRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(SageMakerModelRegistry.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final String CHAMPION = "champion";
    private static final String ROOT = "sagemaker/registry/";
    private static final String DIGEST_KEY = "isobar:digest";
    // CustomerMetadataMap of the API's model.
    private static final Pattern METADATA = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
    private static final int METADATA_ENTRIES = 50;
    private static final int METADATA_KEY = 128;
    private static final int METADATA_VALUE = 256;
    private static final int CLIENT_TOKEN = 36;
    private static final int RECENT = 10;
    private static final int PAGE = 1_000;

    private final SageMakerClient client;
    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;
    private final Supplier<ObjectStore> lake;

    /**
     * The registry of an account and region.
     *
     * @param lake where records and aliases are kept; asked for when first needed
     */
    public SageMakerModelRegistry(SageMakerClient client, Supplier<ObjectStore> lake, SageMakerSettings settings) {
        this.client = client;
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.errors = new SageMakerErrors(settings.instance(), "ModelRegistry");
        this.lake = lake;
    }

    /** What the lake knows of a digest. */
    record DigestRecord(int version, String arn, ModelPackage model) {}

    /** What an alias points at; {@code write} makes every one different, or a token could come back. */
    record AliasRecord(String alias, int version, String write) {}

    @Override
    public ModelVersion register(ModelPackage model) {
        checkName("register", "group", model.group());
        if (!DIGEST.matcher(model.digest()).matches()) {
            throw errors.invalid("register", model.group(), "The digest '" + model.digest() + "' is not " + DIGEST);
        }
        return errors.call("register", model.group(), () -> {
            String key = record(model.group(), model.digest());
            Optional<StoredObject> known = lake.get().get(key);
            if (known.isPresent() && exists(read(known.get()))) {
                return version(read(known.get()));
            }
            // A record without its package: somebody removed that in the console.
            known.ifPresent(k -> remove(key, k.info().version()));
            DescribeModelPackageGroupResponse group = ensureGroup(model.group());
            DigestRecord mine = leftover(model, group)
                    .orElseGet(() -> create(
                            model, group, known.map(k -> k.info().version()).orElse("")));
            return version(decide(key, mine));
        });
    }

    /** Writes the record, or finds who was first; a package that lost is removed. */
    private DigestRecord decide(String key, DigestRecord mine) {
        while (true) {
            try {
                lake.get().put(key, CanonicalJson.bytes(mine), Precondition.absent());
                return mine;
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
            }
            Optional<DigestRecord> decided = lake.get().get(key).map(SageMakerModelRegistry::read);
            if (decided.isPresent()) {
                if (!decided.get().arn().equals(mine.arn())) {
                    deletePackage(mine.arn());
                }
                return decided.get();
            }
        }
    }

    private static ModelVersion version(DigestRecord record) {
        return new ModelVersion(record.version(), record.model());
    }

    /** The package of somebody who was killed, or is just about to write the record. */
    private Optional<DigestRecord> leftover(ModelPackage model, DescribeModelPackageGroupResponse group) {
        return client
                .listModelPackages(r -> r.modelPackageGroupName(group.modelPackageGroupName())
                        .sortBy(ModelPackageSortBy.CREATION_TIME)
                        .sortOrder(SortOrder.DESCENDING)
                        .maxResults(RECENT))
                .modelPackageSummaryList()
                .stream()
                .filter(p -> model.digest().equals(digestOf(p.modelPackageArn()).orElse(null)))
                .min(Comparator.comparing(ModelPackageSummary::modelPackageVersion))
                .map(p -> new DigestRecord(p.modelPackageVersion(), p.modelPackageArn(), model));
    }

    /** @param instead of which record that has lost its package; empty for none */
    private DigestRecord create(ModelPackage model, DescribeModelPackageGroupResponse group, String instead) {
        // SageMaker itself makes one of what comes twice with one token, such as a call whose answer was lost.
        String token = ResourceNames.sha256(
                        group.modelPackageGroupArn() + group.creationTime() + model.digest() + instead)
                .substring(0, CLIENT_TOKEN);
        String arn = client.createModelPackage(r -> r.modelPackageGroupName(group.modelPackageGroupName())
                        .modelPackageDescription("Made by Isobar. Its record: " + record(model.group(), model.digest()))
                        .sourceUri(settings.lake() + model.artifact())
                        .customerMetadataProperties(metadata(model))
                        .modelApprovalStatus(ModelApprovalStatus.PENDING_MANUAL_APPROVAL)
                        .clientToken(token))
                .modelPackageArn();
        return new DigestRecord(version(arn), arn, model);
    }

    /** {@code arn:aws:sagemaker:REGION:ACCOUNT:model-package/GROUP/VERSION}. */
    private static int version(String arn) {
        return Integer.parseInt(arn.substring(arn.lastIndexOf('/') + 1));
    }

    private Map<String, String> metadata(ModelPackage model) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(DIGEST_KEY, model.digest());
        put(metadata, "isobar:artifact", settings.lake() + model.artifact());
        put(metadata, "isobar:manifest", settings.lake() + model.manifest());
        put(metadata, "isobar:record", settings.lake() + record(model.group(), model.digest()));
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

    private boolean exists(DigestRecord record) {
        return record.model().digest().equals(digestOf(record.arn()).orElse(null));
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
    public Optional<ModelVersion> get(String group, int version) {
        if (version < 1 || !NAME.matcher(group).matches()) {
            return Optional.empty();
        }
        return errors.call(
                "get",
                group,
                () -> group(group)
                        .map(g -> g.modelPackageGroupArn().replace(":model-package-group/", ":model-package/") + "/"
                                + version)
                        .flatMap(this::digestOf)
                        .flatMap(digest -> lake.get().get(record(group, digest)))
                        .map(SageMakerModelRegistry::read)
                        // A package that has lost to another of its digest is none.
                        .filter(r -> r.version() == version)
                        .map(r -> new ModelVersion(version, r.model())));
    }

    @Override
    public List<ModelVersion> list(String group) {
        if (!NAME.matcher(group).matches()) {
            return List.of();
        }
        return errors.call("list", group, () -> {
            Map<Integer, ModelVersion> recorded = new HashMap<>();
            for (ObjectInfo object : objects(folder(group) + "digests/")) {
                lake.get()
                        .get(object.key())
                        .map(SageMakerModelRegistry::read)
                        .ifPresent(r -> recorded.put(r.version(), new ModelVersion(r.version(), r.model())));
            }
            return packages(group).stream()
                    .map(p -> recorded.get(p.modelPackageVersion()))
                    .filter(v -> v != null)
                    .sorted(Comparator.comparing(ModelVersion::version))
                    .toList();
        });
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

    @Override
    public Optional<Alias> alias(String group, String alias) {
        if (!NAME.matcher(group).matches() || !NAME.matcher(alias).matches()) {
            return Optional.empty();
        }
        return errors.call(
                "alias",
                group,
                () -> lake.get()
                        .get(aliasKey(group, alias))
                        .map(o -> new Alias(
                                alias,
                                CanonicalJson.read(
                                                o.content(), AliasRecord.class, "The alias " + alias + " of " + group)
                                        .version(),
                                o.info().version())));
    }

    @Override
    public Alias setAlias(String group, String alias, int version, Precondition precondition) {
        checkName("setAlias", "group", group);
        checkName("setAlias", "alias", alias);
        if (get(group, version).isEmpty()) {
            throw errors.error(
                            ErrorCode.NOT_FOUND, "setAlias", group, "Group '" + group + "' has no version " + version)
                    .hint("It has "
                            + list(group).stream().map(ModelVersion::version).toList() + ".")
                    .build();
        }
        Optional<Alias> before = alias(group, alias);
        ObjectInfo written;
        try {
            written = lake.get()
                    .put(
                            aliasKey(group, alias),
                            CanonicalJson.bytes(new AliasRecord(
                                    alias, version, UUID.randomUUID().toString())),
                            precondition);
        } catch (IsobarException e) {
            throw refused(group, alias, e);
        }
        if (alias.equals(CHAMPION)) {
            before.filter(b -> b.version() != version)
                    .ifPresent(b -> approve(group, b.version(), ModelApprovalStatus.PENDING_MANUAL_APPROVAL));
            approve(group, version, ModelApprovalStatus.APPROVED);
        }
        return new Alias(alias, version, written.version());
    }

    private IsobarException refused(String group, String alias, IsobarException e) {
        return switch (e.code()) {
            case ALREADY_EXISTS ->
                errors.error(
                                ErrorCode.ALREADY_EXISTS,
                                "setAlias",
                                group,
                                "Group '" + group + "' has an alias '" + alias + "' already")
                        .cause(e)
                        .build();
            case CONFLICT ->
                errors.error(
                                ErrorCode.CONFLICT,
                                "setAlias",
                                group,
                                "The alias '" + alias + "' of group '" + group + "' was moved by somebody else")
                        .hint("Read it again and decide again.")
                        .cause(e)
                        .build();
            default -> e;
        };
    }

    /** For people who look at the console. The alias is set already, so a failure here is told and changes nothing. */
    private void approve(String group, int version, ModelApprovalStatus status) {
        try {
            Optional<DescribeModelPackageGroupResponse> found = group(group);
            if (found.isPresent()) {
                String arn = found.get().modelPackageGroupArn().replace(":model-package-group/", ":model-package/")
                        + "/" + version;
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
        checkName("delete", "group", group);
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
            objects(folder(group)).forEach(o -> lake.get().delete(o.key(), Precondition.none()));
            return true;
        });
    }

    /** Groups with the number of their versions. */
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

    private List<ObjectInfo> objects(String prefix) {
        List<ObjectInfo> all = new ArrayList<>();
        String after = null;
        while (true) {
            List<ObjectInfo> page = lake.get().list(prefix, after, PAGE);
            all.addAll(page);
            if (page.size() < PAGE) {
                return all;
            }
            after = page.get(page.size() - 1).key();
        }
    }

    private void remove(String key, String version) {
        try {
            lake.get().delete(key, Precondition.version(version));
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
        }
    }

    private static DigestRecord read(StoredObject object) {
        return CanonicalJson.read(
                object.content(), DigestRecord.class, object.info().key());
    }

    private static String folder(String group) {
        return ROOT + group + "/";
    }

    private static String record(String group, String digest) {
        return folder(group) + "digests/" + digest.substring("sha256:".length()) + ".json";
    }

    private static String aliasKey(String group, String alias) {
        return folder(group) + "aliases/" + alias + ".json";
    }

    private void checkName(String operation, String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw errors.invalid(operation, name, "The " + what + "'s name '" + name + "' is not " + NAME);
        }
    }
}
