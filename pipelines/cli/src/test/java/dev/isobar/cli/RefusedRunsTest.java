package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.cli.emulate.Emulators;
import dev.isobar.cli.emulate.Running;
import dev.isobar.cli.install.Installation;
import dev.isobar.cli.print.Terminal;
import dev.isobar.pipeline.PipelineDefinition;
import dev.isobar.runtime.engine.IsobarRuntime;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user reads when a cloud says no, on the command line and against the emulated cloud: one run, refused once for each reason that a real account may have. Each time the
 * reason is taken away and the same command takes up the same run, which then fails of the next one. The tables in docs/aws.md and docs/gcp.md are these.
 */
@DisplayName("A run that its cloud refuses")
final class RefusedRunsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** A Java class in what is meant for a person. AWS calls its errors exceptions; those have no package. */
    private static final String CLASS = "\\w\\.\\w+\\.\\w*Exception";

    private static final String BROKEN = "isobar/broken:1";

    @TempDir
    private Path home;

    /** A reason, and what makes it true: what the account says, and what is configured otherwise. */
    private record Reason(String why, String account, Map<String, String> settings) {}

    @Test
    @DisplayName(
            "by AWS says each reason once, with its code and what to do, leaves nothing half made, and goes on when the reason is gone")
    void aws() throws IOException {
        Path profiles = home.resolve("profiles");
        Files.writeString(
                profiles,
                "[profile expired]\naws_access_key_id = emulated\naws_secret_access_key = emulated\naws_session_token = expired-yesterday\n");
        System.setProperty("aws.configFile", profiles.toString());
        try {
            refuses(
                    "aws",
                    new Reason(
                            "expired token",
                            "{}",
                            Map.of(
                                    "targets.aws.profile", "expired",
                                    "targets.aws.credentials.access-key-id", "",
                                    "targets.aws.credentials.secret-access-key", "")),
                    new Reason("wrong region", "{}", Map.of("targets.aws.region", "eu-west-1")),
                    new Reason("missing bucket", "{}", Map.of("targets.aws.bucket", "not-there")),
                    new Reason(
                            "denied role",
                            "{\"roles\": []}",
                            Map.of("targets.aws.role.arn", "arn:aws:iam::000000000000:role/runner")),
                    new Reason("denied call", "{\"denied\": [\"kinesis:CreateStream\"]}", Map.of()),
                    new Reason("role that SageMaker may not assume", "{\"roles\": []}", Map.of()),
                    new Reason(
                            "instance type that the account lacks",
                            "{}",
                            Map.of("targets.aws.sagemaker.training-instance", "ml.p3.2xlarge")),
                    new Reason("container that exits 1", "{}", Map.of("image.trainer", BROKEN)));
        } finally {
            System.clearProperty("aws.configFile");
        }
    }

    @Test
    @DisplayName(
            "by Google Cloud says each reason once, with its code and what to do, leaves nothing half made, and goes on when the reason is gone")
    void gcp() throws IOException {
        refuses(
                "gcp",
                new Reason("bucket in another location", "{}", Map.of("targets.gcp.location", "us-central1")),
                new Reason("dataset in another location", "{}", Map.of("targets.gcp.bigquery.dataset", "abroad")),
                new Reason("missing permission, Pub/Sub", "{\"denied\": [\"pubsub.topics.create\"]}", Map.of()),
                new Reason("API not enabled, BigQuery", "{\"disabled\": [\"bigquery.googleapis.com\"]}", Map.of()),
                new Reason("API not enabled, Vertex AI", "{\"disabled\": [\"aiplatform.googleapis.com\"]}", Map.of()),
                new Reason(
                        "missing permission, Vertex AI", "{\"denied\": [\"aiplatform.customJobs.create\"]}", Map.of()),
                new Reason("quota", "{\"quotas\": {\"custom_model_training_cpus\": 0}}", Map.of()),
                new Reason("container that exits 1", "{}", Map.of("image.trainer", BROKEN)));
    }

    private void refuses(String cloud, Reason... reasons) throws IOException {
        Path project = TestJars.root();
        for (String module : List.of(
                "pipelines/trainer", "pipelines/server", "adapters-" + cloud, "adapters-local/emulators-" + cloud)) {
            Path lib = project.resolve(module).resolve("target/lib");
            assumeTrue(
                    Files.isDirectory(lib),
                    () -> "skipped because " + module + " is not packaged (no " + lib
                            + "); `mvn verify` of the whole project packages it first");
        }
        Installation installation = new Installation(project, home);
        Logger.getLogger("com.google.cloud").setLevel(Level.WARNING);
        Emulators emulators = new Emulators(installation, cloud);
        Running running = emulators.up();
        try {
            if (cloud.equals("gcp")) {
                makeDatasetAbroad(running);
            }
            List<String> command = new ArrayList<>(List.of(
                    "run",
                    pipeline().toString(),
                    "--target",
                    cloud,
                    "--set",
                    "sources.flights.path=" + flights(),
                    "--config",
                    home.resolve("settings.yaml").toString()));
            StringBuilder table = new StringBuilder("| reason | code | exit | next |\n|---|---|---|---|\n");
            String runId = null;
            for (Reason reason : reasons) {
                settle(cloud, running, reason);
                boolean json = runId != null;
                List<String> words = new ArrayList<>(command);
                if (json) {
                    words.addAll(List.of("--output", "json"));
                }
                Ended ended = isobar(installation, words);
                assertThat(ended.err).as(reason.why).doesNotContain("\tat ").doesNotContainPattern(CLASS);
                if (!json) {
                    // The first one as text: one error, once, in four lines.
                    assertThat(ended.out + ended.err)
                            .containsOnlyOnce("error: ")
                            .containsOnlyOnce("  code: ");
                    assertThat(ended.out).contains("\n  at: step ingest, ", ", adapter " + cloud + "\n  next: ");
                    ended = isobar(installation, with(words, "--output", "json"));
                }
                JsonNode run = JSON.readTree(ended.out);
                JsonNode failure = run.path("failure");
                assertThat(failure.isObject()).as(reason.why + ": " + ended.out).isTrue();
                assertThat(failure.path("message").asText())
                        .as(reason.why)
                        .isNotBlank()
                        .doesNotContain("\tat ")
                        .doesNotContainPattern(CLASS);
                assertThat(failure.path("resource").asText()).as(reason.why).isNotBlank();
                assertThat(failure.path("port").asText()).as(reason.why).isNotBlank();
                table.append("| ")
                        .append(reason.why)
                        .append(" | `")
                        .append(failure.path("code").asText())
                        .append("` | ")
                        .append(ended.exit)
                        .append(" | ")
                        .append(failure.path("hint").asText())
                        .append(" |\n");
                runId = runId == null ? run.path("run_id").asText() : runId;
                assertThat(run.path("run_id").asText())
                        .as(reason.why + " does not end the run")
                        .isEqualTo(runId);
                assertThat(run.path("resumed").asBoolean()).isTrue();
            }
            settle(cloud, running, new Reason("none", "{}", Map.of()));
            Ended status = isobar(
                    installation,
                    List.of(
                            "status",
                            "--target",
                            cloud,
                            "--config",
                            home.resolve("settings.yaml").toString(),
                            "--output",
                            "json"));
            List<String> kinds = new ArrayList<>();
            JSON.readTree(status.out)
                    .path("resources")
                    .forEach(r -> kinds.add(r.path("kind").asText()));
            assertThat(kinds)
                    .as(status.out)
                    .isNotEmpty()
                    .doesNotContain("endpoint", "model", "endpoint configuration", "job");
            assertThat(Files.readString(project.resolve("docs/" + cloud + ".md")))
                    .as("docs/" + cloud + ".md has the table of what happened")
                    .contains(table);
        } finally {
            emulators.down();
        }
    }

    private static List<String> with(List<String> words, String... more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return all;
    }

    /** Makes the account, and the settings of the next command, what a reason says. */
    private void settle(String cloud, Running running, Reason reason) throws IOException {
        Path file = home.resolve("emulators").resolve(cloud).resolve("images.json");
        ObjectNode before = JSON.readValue(Files.readAllBytes(file), ObjectNode.class);
        ObjectNode account = JSON.readValue(reason.account, ObjectNode.class);
        ObjectNode images = account.putObject("images");
        images.setAll((ObjectNode) before.get("images"));
        images.putObject(BROKEN).putArray("command").add("/bin/sh").add("-c").add("echo 'no libfoo.so' >&2; exit 1");
        Path whole = file.resolveSibling("images.new");
        Files.write(whole, JSON.writeValueAsBytes(account));
        Files.move(whole, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        Map<String, String> settings = new TreeMap<>();
        running.settings().forEach((key, value) -> settings.put("targets." + cloud + "." + key, value));
        settings.put("image.trainer", Emulators.TRAINER_IMAGE);
        settings.put("image.server", Emulators.SERVER_IMAGE);
        settings.putAll(reason.settings);
        StringBuilder yaml = new StringBuilder();
        settings.forEach((key, value) -> {
            if (!value.isEmpty()) {
                yaml.append(JSON.getNodeFactory().textNode(key))
                        .append(": ")
                        .append(JSON.getNodeFactory().textNode(value))
                        .append('\n');
            }
        });
        Files.writeString(home.resolve("settings.yaml"), yaml);
    }

    private static void makeDatasetAbroad(Running running) throws IOException {
        try {
            HttpResponse<String> made = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(
                                            running.settings().get("endpoint.bigquery") + "/bigquery/v2/projects/"
                                                    + running.settings().get("project") + "/datasets"))
                                    .header("Content-Type", "application/json")
                                    .POST(
                                            HttpRequest.BodyPublishers.ofString(
                                                    "{\"datasetReference\": {\"datasetId\": \"abroad\"}, \"location\": \"US\"}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** The pipeline of the end-to-end tests, as somebody's jar. */
    private Path pipeline() throws IOException {
        String source = Files.readString(TestJars.root()
                        .resolve("pipelines/cli/src/test/java/dev/isobar/cli/endtoend/WeekOfFlights.java"))
                .replace("package dev.isobar.cli.endtoend;", "package week;")
                .replace(
                        "final class WeekOfFlights {",
                        "public final class WeekOfFlights implements dev.isobar.pipeline.PipelineDefinition {")
                .replace("private WeekOfFlights() {}", "public Pipeline pipeline() { return withRounds(2); }");
        return TestJars.jar(
                home.resolve("week.jar"),
                Map.of("week.WeekOfFlights", source),
                Map.of(PipelineDefinition.class.getName(), "week.WeekOfFlights"));
    }

    /** One flight in fifty. */
    private Path flights() throws IOException {
        Path few = home.resolve("flights.csv");
        List<String> lines = new ArrayList<>();
        try (BufferedReader all = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Objects.requireNonNull(
                        RefusedRunsTest.class.getResourceAsStream("endtoend/flights-2001-jan01-07-5airports.csv.gz"))),
                StandardCharsets.UTF_8))) {
            int number = 0;
            for (String line = all.readLine(); line != null; line = all.readLine()) {
                if (number++ % 50 == 0) {
                    lines.add(line);
                }
            }
        }
        return Files.write(few, lines);
    }

    private record Ended(int exit, String out, String err) {}

    private static Ended isobar(Installation installation, List<String> words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Host host = new Host(
                installation,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Terminal.PLAIN,
                Terminal.PLAIN,
                name -> null,
                installation.home(),
                IsobarRuntime::open);
        int exit = new Program(host).run(words.toArray(new String[0]));
        return new Ended(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
