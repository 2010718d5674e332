package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.DeleteModelVersionRequest;
import com.google.cloud.aiplatform.v1.ListModelVersionsRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelContainerSpec;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import com.google.cloud.aiplatform.v1.UploadModelResponse;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.platform.registry.Catalogue;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Vertex AI's Model Registry: a group is a model, a version a version of it, numbered by Vertex AI, which has aliases but neither compares nor sets them, and takes no
 * token with an upload. Aliases are shown on the version for people who look at the console. Thread safe.
 */
public final class RegisteredModels implements Catalogue {
    /** Label of every model of this adapter's registry; its value is the prefix. */
    static final String OWNER = "isobar-registry";

    private static final Logger LOG = LoggerFactory.getLogger(RegisteredModels.class);
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]");
    private static final String DIGEST_LABEL = "isobar-digest";
    /** Where the digits of a digest begin. */
    private static final int DIGEST_HEX = "sha256:".length();
    // A label's value has at most 63 characters, a digest 64.
    private static final int LABEL = 63;
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
     * @param lake where the models are, which Vertex AI reads when one is uploaded; asked for when first needed
     */
    public RegisteredModels(Vertex vertex, Supplier<ObjectStore> lake, VertexSettings settings) {
        this.vertex = vertex;
        this.calls = vertex.calls("ModelRegistry");
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.models = new ModelUploads(vertex, calls);
        this.lake = lake;
    }

    @Override
    public IsobarException.Builder error(ErrorCode code, String operation, String resource, String message) {
        return calls.error(code, operation, resource, message);
    }

    /** The version of somebody who was killed or is just about to write the record, or a new one. */
    @Override
    public int make(ModelPackage model, String record, String instead) {
        long deadline = System.nanoTime() + vertex.patience().toNanos();
        long pause = FIRST_PAUSE;
        while (true) {
            List<Model> versions = list(model.group());
            Optional<Integer> there = versions.stream()
                    .filter(m -> m.getVersionDescription().equals(model.digest()))
                    .map(m -> Integer.parseInt(m.getVersionId()))
                    .min(Comparator.naturalOrder());
            if (there.isPresent()) {
                return there.get();
            }
            try {
                UploadModelResponse made =
                        models.upload(request(model, record, !versions.isEmpty()), "register", model.group());
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

    private UploadModelRequest.Builder request(ModelPackage model, String record, boolean another) {
        String id = names.of(model.group());
        Model.Builder made = Model.newBuilder()
                .setDisplayName(model.group())
                .setDescription("Made by Isobar. The record of its first version: " + settings.lakeUri() + record)
                .setVersionDescription(model.digest())
                .putLabels(OWNER, settings.prefix())
                .putLabels(DIGEST_LABEL, model.digest().substring(DIGEST_HEX, DIGEST_HEX + LABEL))
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

    @Override
    public void remove(String group, int version) {
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

    @Override
    public Optional<String> digest(String group, int version) {
        return models.find("get", group, names.of(group) + "@" + version).map(Model::getVersionDescription);
    }

    @Override
    public Set<Integer> versions(String group) {
        return list(group).stream().map(m -> Integer.parseInt(m.getVersionId())).collect(Collectors.toSet());
    }

    /** Vertex AI's versions of a group; none for one that is not there. */
    private List<Model> list(String group) {
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
    public List<String> groups() {
        Set<String> groups = new TreeSet<>();
        models.list(OWNER, settings.prefix()).forEach(m -> groups.add(m.getDisplayName()));
        return List.copyOf(groups);
    }

    @Override
    public void show(String group, String alias, int version, OptionalInt before) {
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
        models.delete(names.of(group), "delete", group);
    }

    @Override
    public List<Resource> resources() {
        return models.list(OWNER, settings.prefix()).stream()
                .map(m -> new Resource("registered model", m.getDisplayName(), m.getName(), "exists", null, Map.of()))
                .toList();
    }
}
