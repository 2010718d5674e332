package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.objects.S3Location;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.util.Optional;

/**
 * The operations on models of one container, by image or by model package. Unlike the service, which looks an image up when the model is created, the
 * image is looked up when an endpoint starts it. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html">CreateModel</a>
 */
final class Models {
    private final NamedDocuments models;
    private final Documents packages;
    private final Arns arns;
    private final Account account;
    private final S3Files s3;

    Models(Documents models, Documents packages, Arns arns, Account account, S3Files s3) {
        this.models = new NamedDocuments(models, arns, "model", "model", "Model", Rules.MODEL_NAME);
        this.packages = packages;
        this.arns = arns;
        this.account = account;
        this.s3 = s3;
    }

    ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("ModelName", Rules.MODEL_NAME);
        String role = in.text("ExecutionRoleArn", Rules.ROLE);
        Members container = in.optionalObject("PrimaryContainer");
        container.optionalText("Image", Rules.IMAGE);
        container.optionalText("ModelDataUrl", Rules.S3_URI);
        container.map("Environment", 100, Rules.ENVIRONMENT_KEY, Rules.TEXT_1024);
        String modelPackage = container.optionalText("ModelPackageName", Rule.length(176));
        ObjectNode model = request.deepCopy();
        model.remove("Tags");
        model.set("_Tags", Rules.tags(in));
        in.check();
        if (!in.has("PrimaryContainer")) {
            throw ServiceError.validation("This emulator has models of a PrimaryContainer only");
        }
        if (container.has("Image") == (modelPackage != null)) {
            throw ServiceError.validation("A container has either an Image or a ModelPackageName");
        }
        if (modelPackage != null && packaged(modelPackage).isEmpty()) {
            throw ServiceError.validation("Could not find model package " + modelPackage);
        }
        account.assume(role);
        if (container.has("ModelDataUrl")) {
            present(container.text("ModelDataUrl", Rules.S3_URI));
        }
        model.put("CreationTime", Rules.now());
        return models.create(name, model);
    }

    ObjectNode describe(ObjectNode request) {
        return models.describe(request);
    }

    ObjectNode list(ObjectNode request) {
        return models.list(request);
    }

    ObjectNode delete(ObjectNode request) {
        return models.delete(request);
    }

    /** The model of that name; it is refused if there is none. */
    ObjectNode existing(String name) {
        return models.existing(name);
    }

    /** What a model runs: {@code Image}, perhaps {@code ModelDataUrl} and {@code Environment}. */
    ObjectNode container(ObjectNode model) {
        ObjectNode container = model.withObjectProperty("PrimaryContainer").deepCopy();
        JsonNode name = container.get("ModelPackageName");
        if (name == null) {
            return container;
        }
        ObjectNode packaged = packaged(name.asText())
                .orElseThrow(() -> ServiceError.validation("Could not find model package " + name.asText()));
        ObjectNode environment = packaged.withObjectProperty("Environment");
        container.path("Environment").properties().forEach(entry -> environment.set(entry.getKey(), entry.getValue()));
        return packaged;
    }

    private void present(String url) {
        try {
            if (!s3.exists(S3Location.of(url))) {
                throw ServiceError.validation("Could not find model data at " + url + ".");
            }
        } catch (IOException e) {
            throw ServiceError.validation(String.valueOf(e.getMessage()));
        }
    }

    private Optional<ObjectNode> packaged(String nameOrArn) {
        return packages.get(Arns.key(arns.name("model-package", nameOrArn)))
                .map(found ->
                        found.path("InferenceSpecification").path("Containers").path(0))
                .filter(ObjectNode.class::isInstance)
                .map(ObjectNode.class::cast);
    }
}
