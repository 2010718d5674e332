package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.DeleteModelVersionRequest;
import com.google.cloud.aiplatform.v1.ListModelVersionsRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelContainerSpec;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import com.google.cloud.aiplatform.v1.UploadModelResponse;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Vertex AI's Model Registry: a group is a model, a version a version of it, numbered by Vertex AI. Thread safe, also between processes.
 *
 * <p>Vertex AI has aliases but neither compares nor sets them, and takes no token with an upload. So who is which version is decided in the lake: of those that
 * register a digest at once each may make a version, but only one writes the digest's record, and the others remove theirs again. Numbers can therefore have gaps,
 * never two models. Aliases are decided there too, and shown on the version for people who look at the console.
 *
 * <pre>
 * vertex/registry/GROUP/digests/HEX.json     which version this digest is, and the package whole
 * vertex/registry/GROUP/aliases/ALIAS.json   what it points at; the object's version is its token
 * </pre>
 *
 * @since 0.1
 */
public final class VertexModelRegistry implements ModelRegistry {
    /** Label of every model of this adapter's registry; its value is the prefix. */
    static final String OWNER = "isobar-registry";

    private static final Logger LOG = LoggerFactory.getLogger(VertexModelRegistry.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]");
    private static final String ROOT = "vertex/registry/";
    private static final String DIGEST_LABEL = "isobar-digest";
    // A label's value has at most 63 characters, a digest 64.
    private static final int LABEL = 63;
    private static final int PAGE = 1_000;
    private static final long FIRST_PAUSE = Duration.ofMillis(20).toNanos();
    private static final long LAST_PAUSE = Duration.ofSeconds(5).toNanos();

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final VertexSettings settings;
    private final ResourceNames names;
    private final ModelUploads models;
    private final Supplier<ObjectStore> lake;

    /**
     * The registry of a project and region.
     *
     * @param lake where records and aliases are kept; asked for when first needed
     */
    public VertexModelRegistry(Vertex vertex, Supplier<ObjectStore> lake, VertexSettings settings) {
        this.vertex = vertex;
        this.calls = vertex.calls("ModelRegistry");
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.models = new ModelUploads(vertex, calls);
        this.lake = lake;
    }

    /** What the lake knows of a digest. */
    record DigestRecord(int version, ModelPackage model) {}

    /** What an alias points at; {@code write} makes every one different, or a token could come back. */
    record AliasRecord(String alias, int version, String write) {}

    @Override
    public ModelVersion register(ModelPackage model) {
        checkName("register", "group", model.group());
        if (!DIGEST.matcher(model.digest()).matches()) {
            throw calls.invalid("register", model.group(), "The digest '" + model.digest() + "' is not " + DIGEST);
        }
        String key = record(model.group(), model.digest());
        Optional<StoredObject> known = lake.get().get(key);
        if (known.isPresent() && exists(read(known.get()))) {
            return version(read(known.get()));
        }
        // A record without its version: somebody removed that in the console.
        known.ifPresent(k -> remove(key, k.info().version()));
        DigestRecord mine = new DigestRecord(made(model), model);
        return version(decide(key, mine));
    }

    private static ModelVersion version(DigestRecord record) {
        return new ModelVersion(record.version(), record.model());
    }

    /** The version of somebody who was killed or is just about to write the record, or a new one. */
    private int made(ModelPackage model) {
        long deadline = System.nanoTime() + vertex.patience().toNanos();
        long pause = FIRST_PAUSE;
        while (true) {
            List<Model> versions = versions(model.group());
            Optional<Integer> there = versions.stream()
                    .filter(m -> m.getVersionDescription().equals(model.digest()))
                    .map(m -> Integer.parseInt(m.getVersionId()))
                    .min(Comparator.naturalOrder());
            if (there.isPresent()) {
                return there.get();
            }
            try {
                UploadModelResponse made =
                        models.upload(request(model, !versions.isEmpty()), "register", model.group());
                return Integer.parseInt(made.getModelVersionId());
            } catch (IsobarException e) {
                // Somebody else made the model, or deleted it, or it was done and the answer was lost: look again.
                boolean again = e.retryable()
                        || e.code() == ErrorCode.ALREADY_EXISTS
                        || e.code() == ErrorCode.NOT_FOUND && !versions.isEmpty();
                if (!again || System.nanoTime() > deadline) {
                    throw e;
                }
                LOG.debug("{} is uploaded again: {}", model.group(), e.getMessage());
            }
            calls.pause(pause, "register", model.group());
            pause = Math.min(2 * pause, LAST_PAUSE);
        }
    }

    private UploadModelRequest.Builder request(ModelPackage model, boolean another) {
        String id = names.of(model.group());
        Model.Builder made = Model.newBuilder()
                .setDisplayName(model.group())
                .setDescription("Made by Isobar. Its records: " + settings.lakeUri() + folder(model.group()))
                .setVersionDescription(model.digest())
                .putLabels(OWNER, settings.prefix())
                .putLabels(DIGEST_LABEL, hex(model.digest()).substring(0, LABEL))
                .setContainerSpec(ModelContainerSpec.newBuilder().setImageUri(image()));
        // Vertex AI reads the folder when the model is uploaded; a model's bytes may have another place to be.
        int slash = model.artifact().lastIndexOf('/');
        if (slash > 0 && lake.get().head(model.artifact()).isPresent()) {
            made.setArtifactUri(settings.lakeUri() + model.artifact().substring(0, slash));
        }
        UploadModelRequest.Builder request = UploadModelRequest.newBuilder().setModel(made);
        return another ? request.setParentModel(models.name(id)) : request.setModelId(id);
    }

    /** Vertex AI wants a server's image for every model. */
    private String image() {
        if (settings.registryImage() != null) {
            return settings.registryImage();
        }
        String continent = vertex.location().startsWith("europe")
                ? "europe"
                : vertex.location().startsWith("asia") || vertex.location().startsWith("australia") ? "asia" : "us";
        return continent + "-docker.pkg.dev/vertex-ai/prediction/xgboost-cpu.1-7:latest";
    }

    /** Writes the record, or finds who was first; a version that lost is removed. */
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
            Optional<DigestRecord> decided = lake.get().get(key).map(VertexModelRegistry::read);
            if (decided.isPresent()) {
                if (decided.get().version() != mine.version()) {
                    deleteVersion(mine.model().group(), mine.version());
                }
                return decided.get();
            }
        }
    }

    private void deleteVersion(String group, int version) {
        try {
            calls.done(
                    calls.call(
                            "register",
                            group,
                            () -> vertex.models()
                                    .deleteModelVersionCallable()
                                    .call(DeleteModelVersionRequest.newBuilder()
                                            .setName(models.name(names.of(group)) + "@" + version)
                                            .build())),
                    "register",
                    group);
        } catch (IsobarException e) {
            // One that stays is none to anybody: no record names it.
            LOG.warn("Version {} of {} has lost to another of its digest and could not be removed", version, group, e);
        }
    }

    private boolean exists(DigestRecord record) {
        return models.find(
                        "register",
                        record.model().group(),
                        names.of(record.model().group()) + "@" + record.version())
                .filter(m -> m.getVersionDescription().equals(record.model().digest()))
                .isPresent();
    }

    /** Vertex AI's versions of a group; none for one that is not there. */
    private List<Model> versions(String group) {
        try {
            return calls.call("list", group, () -> {
                List<Model> all = new ArrayList<>();
                vertex.models()
                        .listModelVersions(ListModelVersionsRequest.newBuilder()
                                .setName(models.name(names.of(group)))
                                .build())
                        .iterateAll()
                        .forEach(all::add);
                return all;
            });
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public Optional<ModelVersion> get(String group, int version) {
        if (version < 1 || !NAME.matcher(group).matches()) {
            return Optional.empty();
        }
        return models.find("get", group, names.of(group) + "@" + version)
                .flatMap(m -> DIGEST.matcher(m.getVersionDescription()).matches()
                        ? lake.get().get(record(group, m.getVersionDescription()))
                        : Optional.empty())
                .map(VertexModelRegistry::read)
                // A version that has lost to another of its digest is none.
                .filter(r -> r.version() == version)
                .map(r -> new ModelVersion(version, r.model()));
    }

    @Override
    public List<ModelVersion> list(String group) {
        if (!NAME.matcher(group).matches()) {
            return List.of();
        }
        Map<Integer, ModelVersion> recorded = new HashMap<>();
        for (ObjectInfo object : objects(folder(group) + "digests/")) {
            lake.get()
                    .get(object.key())
                    .map(VertexModelRegistry::read)
                    .ifPresent(r -> recorded.put(r.version(), version(r)));
        }
        Set<Integer> there = new HashSet<>();
        versions(group).forEach(m -> there.add(Integer.parseInt(m.getVersionId())));
        return recorded.values().stream()
                .filter(v -> there.contains(v.version()))
                .sorted(Comparator.comparing(ModelVersion::version))
                .toList();
    }

    @Override
    public List<String> groups() {
        Set<String> groups = new TreeSet<>();
        models.list(OWNER, settings.prefix()).forEach(m -> groups.add(m.getDisplayName()));
        return List.copyOf(groups);
    }

    @Override
    public Optional<Alias> alias(String group, String alias) {
        if (!NAME.matcher(group).matches() || !NAME.matcher(alias).matches()) {
            return Optional.empty();
        }
        return lake.get()
                .get(aliasKey(group, alias))
                .map(o -> new Alias(
                        alias,
                        CanonicalJson.read(o.content(), AliasRecord.class, "The alias " + alias + " of " + group)
                                .version(),
                        o.info().version()));
    }

    @Override
    public Alias setAlias(String group, String alias, int version, Precondition precondition) {
        checkName("setAlias", "group", group);
        checkName("setAlias", "alias", alias);
        if (get(group, version).isEmpty()) {
            throw calls.error(ErrorCode.NOT_FOUND, "setAlias", group, "Group '" + group + "' has no version " + version)
                    .hint("It has "
                            + list(group).stream().map(ModelVersion::version).toList() + ".")
                    .build();
        }
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
        show(group, alias, version);
        return new Alias(alias, version, written.version());
    }

    private IsobarException refused(String group, String alias, IsobarException e) {
        return switch (e.code()) {
            case ALREADY_EXISTS ->
                calls.error(
                                ErrorCode.ALREADY_EXISTS,
                                "setAlias",
                                group,
                                "Group '" + group + "' has an alias '" + alias + "' already")
                        .cause(e)
                        .build();
            case CONFLICT ->
                calls.error(
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
    private void show(String group, String alias, int version) {
        if (!ALIAS.matcher(alias).matches()) {
            return;
        }
        try {
            calls.call(
                    "setAlias",
                    group,
                    () -> vertex.models()
                            .mergeVersionAliases(models.name(names.of(group)) + "@" + version, List.of(alias)));
        } catch (IsobarException e) {
            LOG.warn("The alias {} could not be shown on version {} of group {}", alias, version, group, e);
        }
    }

    @Override
    public void delete(String group) {
        checkName("delete", "group", group);
        models.delete(names.of(group), "delete", group);
        objects(folder(group)).forEach(o -> lake.get().delete(o.key(), Precondition.none()));
    }

    /** Groups. */
    public List<Resource> resources() {
        return models.list(OWNER, settings.prefix()).stream()
                .map(m -> new Resource("registered model", m.getDisplayName(), m.getName(), "exists", null, Map.of()))
                .toList();
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

    private static String hex(String digest) {
        return digest.substring("sha256:".length());
    }

    private static String record(String group, String digest) {
        return folder(group) + "digests/" + hex(digest) + ".json";
    }

    private static String aliasKey(String group, String alias) {
        return folder(group) + "aliases/" + alias + ".json";
    }

    private void checkName(String operation, String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw calls.invalid(operation, name, "The " + what + "'s name '" + name + "' is not " + NAME);
        }
    }
}
