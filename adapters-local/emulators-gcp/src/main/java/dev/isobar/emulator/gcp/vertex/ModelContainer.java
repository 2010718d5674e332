package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelContainerSpec;
import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.serving.Container;
import dev.isobar.emulation.serving.StartFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The container of a deployed model, with the variables that the service gives it.
 *
 * <p>Not verified: that the id of the deployed model is a label of a log entry.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements">what a model's container finds and must do</a>
 */
final class ModelContainer implements Container {
    private final Host host;
    private final Model model;
    private final String endpoint;
    private final String deployedId;

    ModelContainer(Host host, Model model, String endpoint, String deployedId) {
        this.host = host;
        this.model = model;
        this.endpoint = endpoint;
        this.deployedId = deployedId;
    }

    @Override
    public String name() {
        return "DeployedModel " + deployedId + " of endpoint " + id(endpoint);
    }

    private static String id(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    @Override
    public void prepare(Path folder) {
        // The model's files stay in Cloud Storage; the container reads them there.
    }

    private String route(String given, String verb) {
        return given.isEmpty()
                ? "/v1/endpoints/" + id(endpoint) + "/deployedModels/" + deployedId + (verb.isEmpty() ? "" : ":" + verb)
                : given;
    }

    String predictRoute() {
        return route(model.getContainerSpec().getPredictRoute(), "predict");
    }

    @Override
    public String health() {
        return route(model.getContainerSpec().getHealthRoute(), "");
    }

    @Override
    public Child start(String replica, Path folder, int port) throws StartFailure {
        ModelContainerSpec spec = model.getContainerSpec();
        try {
            Optional<ImageTable.Image> image = host.images().find(spec.getImageUri());
            if (image.isEmpty()) {
                throw new StartFailure("Unable to pull the image " + spec.getImageUri()
                        + ": it does not exist or Vertex AI has no permission to read it. (The image table "
                        + host.images().file() + " has no such image.)");
            }
            List<String> command = new ArrayList<>(
                    spec.getCommandCount() > 0 ? List.of() : image.get().command());
            command.addAll(spec.getCommandList());
            command.addAll(spec.getArgsList());
            Map<String, String> environment = host.environment(image.get(), spec.getEnvList());
            // The container's own network is this machine's loopback interface, where each must have a port of its own.
            environment.put("ISOBAR_BIND", "127.0.0.1");
            environment.put("AIP_MODE", "PREDICTION");
            environment.put("AIP_MODE_VERSION", "1.0.0");
            environment.put("AIP_HTTP_PORT", Integer.toString(port));
            environment.put("AIP_HEALTH_ROUTE", health());
            environment.put("AIP_PREDICT_ROUTE", predictRoute());
            environment.put("AIP_PROJECT_NUMBER", VertexSettings.NUMBER);
            environment.put("AIP_ENDPOINT_ID", id(endpoint));
            environment.put("AIP_DEPLOYED_MODEL_ID", deployedId);
            environment.put("AIP_FRAMEWORK", "CUSTOM_CONTAINER");
            environment.put("AIP_STORAGE_URI", model.getArtifactUri());
            return host.children()
                    .start(
                            command,
                            environment,
                            folder,
                            line -> host.logs()
                                    .append(
                                            "aiplatform.googleapis.com%2Fprediction_container",
                                            "aiplatform.googleapis.com/Endpoint",
                                            Map.of(
                                                    "resource_container",
                                                    "projects/" + VertexSettings.NUMBER,
                                                    "location",
                                                    host.settings().location(),
                                                    "endpoint_id",
                                                    id(endpoint)),
                                            Map.of("deployed_model_id", deployedId, "replica_id", replica),
                                            line));
        } catch (IOException e) {
            throw new StartFailure(
                    "The command of image " + spec.getImageUri() + " cannot be started: " + e.getMessage());
        }
    }

    @Override
    public Duration startup() {
        long given = model.getContainerSpec().getDeploymentTimeout().getSeconds();
        Duration most = host.settings().startup();
        return given > 0 && given < most.toSeconds() ? Duration.ofSeconds(given) : most;
    }

    @Override
    public Duration grace() {
        return host.settings().grace();
    }

    @Override
    public StartFailure down(String why) {
        return new StartFailure("Model server exited unexpectedly. Model server logs can be found at"
                + " https://console.cloud.google.com/logs/viewer?project=" + VertexSettings.NUMBER
                + "&resource=aiplatform.googleapis.com%2FEndpoint%2Fendpoint_id%2F" + id(endpoint) + " (" + why + ")");
    }
}
