package dev.isobar.emulator.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.EndpointStatus;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariantInstanceType;

@DisplayName("An emulator")
class KilledEmulatorTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    Path folder;

    private Process process;

    @AfterEach
    void end() {
        if (process != null) {
            process.destroy();
            process.onExit().join();
        }
    }

    @Test
    @DisplayName("killed, leaves its endpoint to the next, which ends the old container; ended, it leaves no container")
    void leftovers() throws IOException {
        images();
        try (SageMakerClient client = Emulated.client(SageMakerClient.builder(), start())) {
            client.createModel(r -> r.modelName("m")
                    .executionRoleArn("arn:aws:iam::000000000000:role/test")
                    .primaryContainer(c -> c.image("tiny")));
            client.createEndpointConfig(r -> r.endpointConfigName("c")
                    .productionVariants(v -> v.variantName("main")
                            .modelName("m")
                            .initialInstanceCount(1)
                            .instanceType(ProductionVariantInstanceType.ML_M5_LARGE)));
            client.createEndpoint(r -> r.endpointName("e").endpointConfigName("c"));
            inService(client);
        }
        List<ProcessHandle> before = containers();
        assertThat(before).hasSize(1);
        process.destroyForcibly().onExit().join();
        assertThat(before.get(0).isAlive()).isTrue();

        try (SageMakerClient client = Emulated.client(SageMakerClient.builder(), start())) {
            inService(client);
        }
        assertThat(before.get(0).isAlive()).isFalse();
        List<ProcessHandle> after = containers();
        assertThat(after).hasSize(1);
        process.destroy();
        process.onExit().join();
        assertThat(after.get(0).isAlive()).isFalse();
    }

    private URI start() throws IOException {
        process = new ProcessBuilder(
                        JAVA,
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EmulatorProcess.class.getName(),
                        folder.resolve("home").toString(),
                        folder.resolve("images.json").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return URI.create(out.readLine());
    }

    private void images() throws IOException {
        var table = JSON.createObjectNode();
        var command = table.putObject("images").putObject("tiny").putArray("command");
        command.add(JAVA).add("-Xmx64m").add("-XX:TieredStopAtLevel=1").add("-XX:+UseSerialGC");
        command.add("-cp").add(Path.of("target/test-classes").toAbsolutePath().toString());
        command.add(TinyContainer.class.getName());
        Files.write(folder.resolve("images.json"), JSON.writeValueAsBytes(table));
    }

    /** By the record that the emulator keeps of them: other processes of this machine may run the same class. */
    private List<ProcessHandle> containers() throws IOException {
        List<ProcessHandle> containers = new ArrayList<>();
        try (DirectoryStream<Path> records = Files.newDirectoryStream(folder.resolve("home/processes"))) {
            for (Path record : records) {
                long pid = Long.parseLong(Files.readAllLines(record).get(0));
                ProcessHandle.of(pid).ifPresent(containers::add);
            }
        }
        return containers;
    }

    private static void inService(SageMakerClient client) {
        Emulated.await()
                .until(() -> client.describeEndpoint(r -> r.endpointName("e")).endpointStatus()
                        == EndpointStatus.IN_SERVICE);
    }
}
