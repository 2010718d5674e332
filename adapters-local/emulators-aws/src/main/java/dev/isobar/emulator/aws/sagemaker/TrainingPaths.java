package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder {@code /opt/ml} of a training container.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html">what a container finds</a>
 */
record TrainingPaths(Path ml) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String ROOT = "/opt/ml/";

    Path model() {
        return ml.resolve("model");
    }

    Path outputData() {
        return ml.resolve("output").resolve("data");
    }

    Path failure() {
        return ml.resolve("output").resolve("failure");
    }

    Path channel(String name) {
        return ml.resolve("input").resolve("data").resolve(name);
    }

    /** Where a job's checkpoints are, if it has them. */
    Optional<Path> checkpointFolder(ObjectNode job) {
        return checkpoints(job).map(ml::resolve);
    }

    /** Makes the folders, and the files that tell a container its job. */
    void prepare(ObjectNode job) throws IOException {
        Path config = Files.createDirectories(ml.resolve("input").resolve("config"));
        for (Path folder : List.of(ml.resolve("input").resolve("data"), model(), outputData())) {
            Files.createDirectories(folder);
        }
        ObjectNode hyperparameters = job.withObjectProperty("HyperParameters");
        JSON.writeValue(config.resolve("hyperparameters.json").toFile(), hyperparameters);
        ObjectNode channels = JsonNodeFactory.instance.objectNode();
        job.path("InputDataConfig").forEach(channel -> {
            ObjectNode described =
                    channels.putObject(channel.path("ChannelName").asText());
            described.put("TrainingInputMode", "File");
            described.put("S3DistributionType", "FullyReplicated");
            described.put("RecordWrapperType", "None");
            if (channel.hasNonNull("ContentType")) {
                described.set("ContentType", channel.get("ContentType"));
            }
        });
        JSON.writeValue(config.resolve("inputdataconfig.json").toFile(), channels);
        String type = job.path("ResourceConfig").path("InstanceType").asText();
        ObjectNode resources = JsonNodeFactory.instance.objectNode();
        resources.put("current_host", "algo-1");
        resources.put("current_instance_type", type);
        resources.put("current_group_name", "homogeneousCluster");
        resources.putArray("hosts").add("algo-1");
        ObjectNode group = resources.putArray("instance_groups").addObject();
        group.put("instance_group_name", "homogeneousCluster").put("instance_type", type);
        group.putArray("hosts").add("algo-1");
        resources.put("network_interface_name", "lo");
        JSON.writeValue(config.resolve("resourceconfig.json").toFile(), resources);
    }

    /** Where the model of a job goes. */
    static String artifacts(ObjectNode job) {
        boolean packed =
                !job.path("OutputDataConfig").path("CompressionType").asText().equals("NONE");
        return output(job) + (packed ? "/model.tar.gz" : "/model/");
    }

    /** The prefix of a job's output, without a slash at its end. */
    static String output(ObjectNode job) {
        String path = job.path("OutputDataConfig").path("S3OutputPath").asText().replaceFirst("/+$", "");
        return path + "/" + job.path("TrainingJobName").asText() + "/output";
    }

    /** The folder of checkpoints below {@code /opt/ml}; the service takes any path, here there is no other. */
    static Optional<String> checkpoints(ObjectNode job) {
        if (!job.hasNonNull("CheckpointConfig")) {
            return Optional.empty();
        }
        String path = job.path("CheckpointConfig").path("LocalPath").asText(ROOT + "checkpoints");
        String below = path.startsWith(ROOT) ? path.substring(ROOT.length()) : "";
        if (below.isBlank() || below.contains("..")) {
            throw ServiceError.validation("This emulator has checkpoints below " + ROOT + " only, not at " + path);
        }
        return Optional.of(below);
    }
}
