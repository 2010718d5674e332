package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.DeleteModelRequest;
import com.google.cloud.aiplatform.v1.DeleteModelVersionRequest;
import com.google.cloud.aiplatform.v1.DeleteOperationMetadata;
import com.google.cloud.aiplatform.v1.DeployedModelRef;
import com.google.cloud.aiplatform.v1.GetModelRequest;
import com.google.cloud.aiplatform.v1.ListModelVersionsRequest;
import com.google.cloud.aiplatform.v1.ListModelVersionsResponse;
import com.google.cloud.aiplatform.v1.ListModelsRequest;
import com.google.cloud.aiplatform.v1.ListModelsResponse;
import com.google.cloud.aiplatform.v1.MergeVersionAliasesRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelServiceGrpc;
import com.google.cloud.aiplatform.v1.UploadModelOperationMetadata;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import com.google.cloud.aiplatform.v1.UploadModelResponse;
import com.google.longrunning.Operation;
import com.google.protobuf.Empty;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Models with versions and aliases. A version is named {@code …/models/ID@VERSION}; numbers are given once. Thread safe.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models">models</a>
 */
final class Models extends ModelServiceGrpc.ModelServiceImplBase {
    private static final String KIND = "Model";
    private static final String DEFAULT = "default";
    private static final Pattern ID = Pattern.compile("[a-z_][a-z0-9_-]{0,62}");
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]");

    private final Account account;
    private final Operations operations;
    private final Table<Model> versions;

    Models(Account account, VertexSettings settings, Operations operations) throws IOException {
        this.account = account;
        this.operations = operations;
        this.versions = new Table<>(settings.home().resolve("models"), Model.getDefaultInstance());
    }

    // ---- upload

    @Override
    public void uploadModel(UploadModelRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            String parent = account.allow("aiplatform.models.upload", "parent", request.getParent());
            Model asked = request.getModel();
            Account.displayName("model.display_name", asked.getDisplayName());
            Account.labels("model.labels", asked.getLabelsMap());
            if (asked.getContainerSpec().getImageUri().isEmpty()) {
                throw Refused.field("model.container_spec.image_uri", "Image URI must be specified.");
            }
            if (!asked.getArtifactUri().isEmpty() && !asked.getArtifactUri().startsWith("gs://")) {
                throw Refused.field("model.artifact_uri", "Invalid Cloud Storage URI: " + asked.getArtifactUri());
            }
            for (String alias : asked.getVersionAliasesList()) {
                alias(alias);
            }
            if (!request.getModelId().isEmpty()
                    && !ID.matcher(request.getModelId()).matches()) {
                throw Refused.field("model_id", "Model ID must match " + ID + ".");
            }
            return operations.start(
                    parent,
                    generic -> UploadModelOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> add(parent, request));
        });
    }

    private synchronized UploadModelResponse add(String parent, UploadModelRequest request) {
        String name;
        int version = 1;
        if (!request.getParentModel().isEmpty()) {
            name = account.allow("aiplatform.models.upload", "parent_model", request.getParentModel());
            List<Model> there = of(name);
            if (there.isEmpty()) {
                throw Refused.notFound(KIND, request.getParentModel());
            }
            version = there.stream().mapToInt(Models::number).max().orElse(0) + 1;
        } else {
            name = parent + "/models/"
                    + (request.getModelId().isEmpty()
                            ? Long.toString(
                                    1 + Math.abs(ThreadLocalRandom.current().nextLong() >> 2))
                            : request.getModelId());
            if (!of(name).isEmpty()) {
                throw Refused.exists(KIND, name);
            }
        }
        List<String> aliases = new ArrayList<>(request.getModel().getVersionAliasesList());
        if (version == 1 && !aliases.contains(DEFAULT)) {
            aliases.add(0, DEFAULT);
        }
        for (Model other : of(name)) {
            versions.put(key(other), without(other, aliases));
        }
        Model made = request.getModel().toBuilder()
                .setName(name)
                .setVersionId(Integer.toString(version))
                .clearVersionAliases()
                .addAllVersionAliases(aliases)
                .setCreateTime(Account.now())
                .setUpdateTime(Account.now())
                .setVersionCreateTime(Account.now())
                .setVersionUpdateTime(Account.now())
                .setEtag(UUID.randomUUID().toString())
                .build();
        versions.put(key(made), made);
        return UploadModelResponse.newBuilder()
                .setModel(name)
                .setModelVersionId(made.getVersionId())
                .build();
    }

    private static Model without(Model model, List<String> aliases) {
        List<String> left = new ArrayList<>(model.getVersionAliasesList());
        return left.removeAll(aliases)
                ? model.toBuilder()
                        .clearVersionAliases()
                        .addAllVersionAliases(left)
                        .build()
                : model;
    }

    private static String key(Model model) {
        return model.getName() + "@" + model.getVersionId();
    }

    private static int number(Model model) {
        return Integer.parseInt(model.getVersionId());
    }

    /** All versions of a model, oldest first. */
    private List<Model> of(String name) {
        return versions.all().stream()
                .filter(m -> m.getName().equals(name))
                .sorted(Comparator.comparingInt(Models::number))
                .toList();
    }

    private static void alias(String alias) {
        if (!ALIAS.matcher(alias).matches() && !alias.equals(DEFAULT)) {
            throw Refused.field(
                    "version_aliases", "Invalid version alias: " + alias + ". It must match " + ALIAS + ".");
        }
    }

    // ---- read

    /** What a name with or without a version or alias stands for. */
    Optional<Model> find(String full) {
        int at = full.lastIndexOf('@');
        String name = at < 0 ? full : full.substring(0, at);
        String version = at < 0 ? DEFAULT : full.substring(at + 1);
        return of(name).stream()
                .filter(m -> m.getVersionId().equals(version)
                        || m.getVersionAliasesList().contains(version))
                .findFirst();
    }

    @Override
    public void getModel(GetModelRequest request, StreamObserver<Model> to) {
        Answers.answer(
                to,
                () -> find(account.allow("aiplatform.models.get", "name", request.getName()))
                        .orElseThrow(() -> Refused.notFound(KIND, request.getName())));
    }

    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> to) {
        Answers.answer(to, () -> {
            account.allow("aiplatform.models.list", "parent", request.getParent());
            var filter = Filter.of(request.getFilter());
            List<Model> found = versions.all().stream()
                    .filter(m -> m.getVersionAliasesList().contains(DEFAULT))
                    .filter(m -> filter.test(new Filter.Seen(m.getDisplayName(), "", m.getLabelsMap())))
                    .sorted(Comparator.comparing(Model::getName))
                    .toList();
            return Answers.page(
                    found,
                    request.getPageSize(),
                    request.getPageToken(),
                    (page, next) -> ListModelsResponse.newBuilder()
                            .addAllModels(page)
                            .setNextPageToken(next)
                            .build());
        });
    }

    @Override
    public void listModelVersions(ListModelVersionsRequest request, StreamObserver<ListModelVersionsResponse> to) {
        Answers.answer(to, () -> {
            String name = account.allow("aiplatform.models.get", "name", request.getName());
            List<Model> all = of(name);
            if (all.isEmpty()) {
                throw Refused.notFound(KIND, request.getName());
            }
            var filter = Filter.of(request.getFilter());
            List<Model> found = all.stream()
                    .filter(m -> filter.test(new Filter.Seen(m.getDisplayName(), "", m.getLabelsMap())))
                    .toList();
            return Answers.page(
                    found,
                    request.getPageSize(),
                    request.getPageToken(),
                    (page, next) -> ListModelVersionsResponse.newBuilder()
                            .addAllModels(page)
                            .setNextPageToken(next)
                            .build());
        });
    }

    // ---- change

    @Override
    public void mergeVersionAliases(MergeVersionAliasesRequest request, StreamObserver<Model> to) {
        Answers.answer(to, () -> merge(request));
    }

    private synchronized Model merge(MergeVersionAliasesRequest request) {
        String full = account.allow("aiplatform.models.update", "name", request.getName());
        if (full.lastIndexOf('@') < 0) {
            throw Refused.field("name", "The model version must be specified, such as " + request.getName() + "@1.");
        }
        Model model = find(full).orElseThrow(() -> Refused.notFound(KIND, request.getName()));
        List<String> added = new ArrayList<>();
        List<String> aliases = new ArrayList<>(model.getVersionAliasesList());
        for (String alias : request.getVersionAliasesList()) {
            boolean removes = alias.startsWith("-");
            String word = removes ? alias.substring(1) : alias;
            alias(word);
            aliases.remove(word);
            if (removes && word.equals(DEFAULT)) {
                throw Refused.field("version_aliases", "The default alias cannot be removed.");
            }
            if (!removes) {
                aliases.add(word);
                added.add(word);
            }
        }
        for (Model other : of(model.getName())) {
            if (!other.getVersionId().equals(model.getVersionId())) {
                versions.put(key(other), without(other, added));
            }
        }
        Model merged = model.toBuilder()
                .clearVersionAliases()
                .addAllVersionAliases(aliases)
                .setVersionUpdateTime(Account.now())
                .setEtag(UUID.randomUUID().toString())
                .build();
        versions.put(key(merged), merged);
        return merged;
    }

    /** Notes where a model is deployed, or is not any more. */
    synchronized void deployed(String full, DeployedModelRef where, boolean there) {
        find(full).ifPresent(model -> {
            List<DeployedModelRef> refs = new ArrayList<>(model.getDeployedModelsList());
            refs.remove(where);
            if (there) {
                refs.add(where);
            }
            versions.put(
                    key(model),
                    model.toBuilder()
                            .clearDeployedModels()
                            .addAllDeployedModels(refs)
                            .build());
        });
    }

    @Override
    public void deleteModel(DeleteModelRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            String name = account.allow("aiplatform.models.delete", "name", request.getName());
            if (of(name).isEmpty()) {
                throw Refused.notFound(KIND, request.getName());
            }
            return delete(() -> {
                synchronized (this) {
                    of(name).forEach(Models::unused);
                    of(name).forEach(m -> versions.delete(key(m)));
                }
            });
        });
    }

    @Override
    public void deleteModelVersion(DeleteModelVersionRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            String full = account.allow("aiplatform.models.delete", "name", request.getName());
            Model model = find(full).orElseThrow(() -> Refused.notFound(KIND, request.getName()));
            if (of(model.getName()).size() == 1) {
                throw Refused.precondition("Cannot delete the only version of Model \"" + model.getName()
                        + "\". Use DeleteModel instead.");
            }
            if (model.getVersionAliasesList().contains(DEFAULT)) {
                throw Refused.precondition("Cannot delete the default version of Model \"" + model.getName()
                        + "\". Make another version the default first.");
            }
            return delete(() -> {
                synchronized (this) {
                    unused(versions.get(key(model)).orElseThrow(() -> Refused.notFound(KIND, request.getName())));
                    versions.delete(key(model));
                }
            });
        });
    }

    private static void unused(Model model) {
        if (model.getDeployedModelsCount() > 0) {
            throw Refused.precondition("The Model \"" + model.getName() + "\" is deployed or being deployed at the"
                    + " following Endpoint(s): " + model.getDeployedModels(0).getEndpoint() + ".");
        }
    }

    private Operation delete(Runnable delete) {
        return operations.start(
                account.parent(),
                generic -> DeleteOperationMetadata.newBuilder()
                        .setGenericMetadata(generic)
                        .build(),
                () -> {
                    delete.run();
                    return Empty.getDefaultInstance();
                });
    }
}
