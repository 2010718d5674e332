package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.serving.Container;
import dev.isobar.emulation.serving.StartFailure;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * The container of a variant's instances: a process that is started with {@code serve} and asked {@code GET /ping} until it answers 200. Unlike the service, one
 * that lives but stops answering is not replaced. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html">what a model container must do</a>
 */
final class VariantContainer implements Container {
    private final Host host;
    private final String endpoint;
    private final VariantPlan plan;

    VariantContainer(Host host, String endpoint, VariantPlan plan) {
        this.host = host;
        this.endpoint = endpoint;
        this.plan = plan;
    }

    @Override
    public String name() {
        return "Variant " + plan.name() + " of " + endpoint;
    }

    @Override
    public void prepare(Path folder) throws StartFailure {
        try {
            Files.createDirectories(folder.resolve("model"));
            if (plan.container().hasNonNull("ModelDataUrl")) {
                host.s3()
                        .downloadTarGz(
                                S3Location.of(
                                        plan.container().path("ModelDataUrl").asText()),
                                folder.resolve("model"));
            }
        } catch (SdkException | IOException e) {
            throw new StartFailure("Failed to download model data for container \"" + plan.name() + "\" from URL: \""
                    + plan.container().path("ModelDataUrl").asText() + "\". " + e.getMessage());
        }
    }

    @Override
    public Child start(String replica, Path folder, int port) throws StartFailure {
        try {
            Optional<ImageTable.Image> image = host.images().find(plan.image());
            if (image.isEmpty()) {
                throw new StartFailure("The image '" + plan.image() + "' for production variant " + plan.name()
                        + " cannot be pulled: it does not exist or its permissions are incorrect. (The image table "
                        + host.images().file() + " has no such image.)");
            }
            List<String> command = new ArrayList<>(image.get().command());
            command.add("serve");
            String stream = plan.name() + "/" + replica;
            String group = "/aws/sagemaker/Endpoints/" + endpoint;
            return host.children()
                    .start(
                            command,
                            environment(image.get(), folder, port),
                            folder,
                            line -> host.logs().append(group, stream, System.currentTimeMillis(), line));
        } catch (IOException e) {
            throw new StartFailure("The command of image '" + plan.image() + "' for production variant " + plan.name()
                    + " cannot be started: " + e.getMessage());
        }
    }

    private Map<String, String> environment(ImageTable.Image image, Path folder, int port) {
        Map<String, String> environment = new HashMap<>(image.environment());
        plan.container()
                .path("Environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        environment.put("ISOBAR_ML_DIR", folder.toAbsolutePath().toString());
        environment.put("SAGEMAKER_BIND_TO_PORT", Integer.toString(port));
        environment.put("AIP_HTTP_PORT", Integer.toString(port));
        environment.put("ISOBAR_BIND", "127.0.0.1");
        environment.put("AWS_REGION", host.settings().region());
        environment.putAll(SageMakerSettings.ROLE);
        return environment;
    }

    @Override
    public String health() {
        return "/ping";
    }

    @Override
    public Duration startup() {
        return plan.startup().compareTo(host.settings().startup()) < 0
                ? plan.startup()
                : host.settings().startup();
    }

    @Override
    public Duration grace() {
        return host.settings().servingGrace();
    }

    @Override
    public StartFailure down(String why) {
        return new StartFailure("The primary container for production variant " + plan.name()
                + " did not pass the ping health check. Please check CloudWatch logs for this endpoint."
                + (why.isEmpty() ? "" : " (" + why + ")"));
    }
}
