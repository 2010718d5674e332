package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.isobar.cli.print.Json;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.result.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The command")
class ProgramTest {
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    @TempDir
    Path folder;

    private TestProject project;

    @BeforeEach
    void makeProject() throws IOException {
        project = new TestProject(folder);
    }

    static Stream<Arguments> everyCommand() {
        return Stream.of(
                Arguments.of("run", List.of("run", "flight-delays"), 0),
                Arguments.of("plan", List.of("plan", "flight-delays"), 0),
                Arguments.of("backfill", List.of("backfill", "flight-delays", "--to", "set.parquet"), 0),
                Arguments.of(
                        "backfill", List.of("backfill", "flight-delays", "--to", "set.parquet", "--table", "t/set"), 0),
                Arguments.of("status", List.of("status"), 0),
                Arguments.of("runs", List.of("runs"), 0),
                Arguments.of("predict", List.of("predict", "flight-delays", "origin=ATL"), 0),
                Arguments.of("audit", List.of("audit", "--dump", "d"), 0),
                Arguments.of("logs", List.of("logs"), 0),
                Arguments.of("stop", List.of("stop", "--all"), 0),
                Arguments.of("pipelines", List.of("pipelines"), 0),
                Arguments.of("emulators", List.of("emulators", "status"), 0),
                Arguments.of("error", List.of("emulators", "up", "sun"), 2),
                Arguments.of("image", List.of("image", "trainer"), 0),
                Arguments.of("image", List.of("image", "server", "--to", "registry.example/a:1"), 0),
                Arguments.of("error", List.of("image"), 2),
                Arguments.of("error", List.of("image", "router"), 2),
                Arguments.of("error", List.of("image", "server", "--to", "refused.tar"), 2),
                Arguments.of("error", List.of("image", "server", "--to", "dead.tar"), 1),
                Arguments.of("completion", List.of("completion", "bash"), 0),
                Arguments.of("completion", List.of("completion", "fish"), 0),
                Arguments.of("version", List.of("--version"), 0),
                Arguments.of("help", List.of("--help"), 0),
                Arguments.of("help", List.of("run", "--help"), 0),
                Arguments.of("error", List.of(), 2),
                Arguments.of("error", List.of("rnu"), 2),
                Arguments.of("error", List.of("run"), 2),
                Arguments.of("error", List.of("run", "no-such-pipeline"), 2),
                Arguments.of("error", List.of("run", "flight-delays", "--set", "endpiont.port=1"), 2),
                Arguments.of("error", List.of("run", "flight-delays", "--target", "moon"), 2),
                Arguments.of("error", List.of("run", "--no-such-option"), 2),
                Arguments.of("error", List.of("run", "missing.jar"), 2),
                Arguments.of("error", List.of("backfill", "flight-delays"), 2),
                Arguments.of("error", List.of("backfill", "no-such-pipeline", "--to", "x"), 2),
                Arguments.of("error", List.of("backfill", "flight-delays", "--to", "x", "--from", "none.csv"), 2),
                Arguments.of("error", List.of("backfill", "flight-delays", "--to", "x", "--from", "*.none"), 2),
                Arguments.of("error", List.of("backfill", "flight-delays", "--to", "x", "--from", "[.csv"), 2),
                Arguments.of("error", List.of("backfill", "flight-delays", "--to", "x", "--threads", "many"), 2),
                Arguments.of("error", List.of("predict", "flight-delays"), 2),
                Arguments.of("error", List.of("predict", "flight-delays", "--instance", "{"), 2),
                Arguments.of("error", List.of("stop"), 2),
                Arguments.of("error", List.of("stop", "x", "--all"), 2),
                Arguments.of("error", List.of("logs", "--lines", "0"), 2),
                Arguments.of("error", List.of("logs", "--lines", "many"), 2),
                Arguments.of("error", List.of("completion", "tcsh"), 2),
                Arguments.of("error", List.of("--config", "none.yaml", "status"), 2));
    }

    @ParameterizedTest(name = "{1} answers with {0}")
    @MethodSource("everyCommand")
    @DisplayName("with --output json prints exactly one document, which fits its published schema")
    void prints_one_document(String schema, List<String> args, int exit) throws IOException {
        List<String> all =
                Stream.concat(args.stream(), Stream.of("--output", "json")).toList();
        TestProject.Ended ended = project.isobar(all.toArray(String[]::new));
        assertThat(Json.read(ended.out()).isObject()).isTrue();
        assertThat(schema(schema).validate(ended.out(), InputFormat.JSON)).isEmpty();
        assertThat(ended.exit()).isEqualTo(exit);
    }

    @ParameterizedTest(name = "{1} answers with {0}")
    @MethodSource("everyCommand")
    @DisplayName("without it prints answers on standard output and errors, with a next step, on standard error")
    void prints_text(String schema, List<String> args, int exit) {
        TestProject.Ended ended = project.isobar(args.toArray(String[]::new));
        assertThat(ended.exit()).isEqualTo(exit);
        if (exit == 0) {
            assertThat(ended.out()).isNotBlank();
        } else {
            assertThat(ended.out()).isEmpty();
            assertThat(ended.err()).startsWith("error: ").contains("\n  next: ").doesNotContain("\tat ");
        }
    }

    @Test
    @DisplayName("doctor's document fits its schema whatever this machine lacks")
    void doctor_fits_its_schema() throws IOException {
        TestProject.Ended ended = project.isobar("doctor", "--output", "json");
        assertThat(schema("doctor").validate(ended.out(), InputFormat.JSON)).isEmpty();
        JsonNode document = Json.read(ended.out());
        assertThat(document.get("checks").findValuesAsText("name")).contains("java", "maven", "disk", "configuration");
        assertThat(document.get("keys").findValuesAsText("name")).contains("targets.local.log.fsync");
        assertThat(ended.exit()).isEqualTo(document.get("ok").asBoolean() ? 0 : 1);
    }

    @Test
    @DisplayName("the schema of a run refuses a document that lacks what the issue promises")
    void schema_refuses() throws IOException {
        String out = project.isobar("run", "flight-delays", "--output", "json").out();
        var node = (com.fasterxml.jackson.databind.node.ObjectNode) new ObjectMapper().readTree(out);
        node.remove("consistency");
        assertThat(schema("run").validate(node.toString(), InputFormat.JSON)).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"rnu,run", "statsu,status", "predcit,predict", "doctr,doctor"})
    @DisplayName("names the nearest command")
    void names_the_nearest_command(String typed, String meant) {
        assertThat(project.isobar(typed).err()).contains("Did you mean '" + meant + "'?");
    }

    @Test
    @DisplayName("names the nearest option, pipeline, target and key")
    void names_the_nearest() {
        assertThat(project.isobar("run", "flight-delays", "--ouptut", "json").err())
                .contains("'--output'");
        assertThat(project.isobar("run", "flight-delay").err()).contains("Did you mean 'flight-delays'?");
        assertThat(project.isobar("status", "--target", "locla").err()).contains("Did you mean 'local'?");
        assertThat(project.isobar("run", "flight-delays", "--set", "training.max_detph=3")
                        .err())
                .contains("did you mean 'training.max_depth'?");
    }

    @Test
    @DisplayName("says which option is missing")
    void names_the_missing() {
        assertThat(project.isobar("backfill", "flight-delays").err())
                .contains("error: Something is missing: --to FILE|DIR");
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    @DisplayName("ends with 2 when the request was wrong and with 1 when the work failed")
    void exit_code_follows_the_error(ErrorCode code) {
        project.runtime.failure =
                IsobarException.of(code, "it happened").hint("do this").build();
        TestProject.Ended ended = project.isobar("run", "flight-delays");
        assertThat(ended.exit()).isEqualTo(code.callersFault() ? 2 : 1);
        assertThat(ended.err()).contains("error: it happened", "  next: do this");
    }

    @Test
    @DisplayName("a thing that was named and does not exist is a wrong request")
    void unknown_name_is_a_wrong_request() {
        project.runtime.failure =
                IsobarException.of(ErrorCode.NOT_FOUND, "no endpoint 'x'").build();
        assertThat(project.isobar("predict", "x", "a=1").exit()).isEqualTo(2);
        assertThat(project.isobar("audit", "x").exit()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"SUCCEEDED,,0", "REJECTED,,1", "FAILED,WORKLOAD_FAILED,1", "FAILED,INVALID_ARGUMENT,2"})
    @DisplayName("a run ends with 0 only if it succeeded")
    void run_exit_code(String status, String code, int exit) {
        project.runtime.runStatus = status;
        project.runtime.runFailure = code == null
                ? null
                : new RunResult.Failure(code, "train", "it broke", "mend it", "aws", "TrainingJobs", "submit", "job-1");
        TestProject.Ended ended = project.isobar("run", "flight-delays");
        assertThat(ended.exit()).isEqualTo(exit);
        assertThat(ended.out()).contains(status);
    }

    @Test
    @DisplayName("an audit that finds a difference fails and names the altered event")
    void audit_fails() {
        project.runtime.consistency = new RunResult.Consistency(100, 1, 0, 0);
        TestProject.Ended ended = project.isobar("audit", "flight-delays");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.out()).contains("17", "ATL", "1 mismatch");
    }

    @Test
    @DisplayName("a defect is said as one, with a stack trace only on request")
    void defect() {
        project.runtime.failure = new IllegalStateException("oops");
        TestProject.Ended quiet = project.isobar("status");
        assertThat(quiet.exit()).isEqualTo(1);
        assertThat(quiet.err()).contains("Isobar made a mistake", "oops").doesNotContain("\tat ");
        assertThat(project.isobar("status", "--verbose").err()).contains("\tat dev.isobar.cli.");
    }

    @Test
    @DisplayName("a run is told its sources, hyperparameters and port, and the runtime is closed after it")
    void run_request() throws IOException {
        Path other = Files.writeString(project.project.resolve("other.csv"), "x");
        project.isobar(
                "run",
                "flight-delays",
                "--set",
                "sources.flights.path=other.csv",
                "--set",
                "training.max_depth=3",
                "--set",
                "endpoint.port=1234");
        assertThat(project.runtime.request.sources()).isEqualTo(Map.of("flights", other));
        assertThat(project.runtime.request.hyperparameters()).isEqualTo(Map.of("max_depth", "3"));
        assertThat(project.runtime.request.endpointPort()).isEqualTo(1234);
        assertThat(project.runtime.closed).isTrue();
    }

    @Test
    @DisplayName(
            "a backfill is told the files that paths, folders and patterns name, and the configured ones where none are named")
    void backfill_request() throws IOException {
        Path data = project.project.resolve("data [1]");
        Path a = data.resolve("a.parquet");
        Path b = data.resolve("b.csv");
        Path deep = data.resolve("2001/01/c.csv.gz");
        Files.createDirectories(deep.getParent());
        for (Path file : List.of(a, b, deep, data.resolve("_SUCCESS"), data.resolve("~1-x-b.csv"))) {
            Files.writeString(file, "x");
        }
        project.isobar("backfill", "flight-delays", "--to", "set.parquet");
        Path configured = project.project.resolve("examples/flight-delays/data/flights.csv");
        assertThat(project.runtime.backfill.from()).isEqualTo(Map.of("flights", List.of(configured)));
        assertThat(project.runtime.backfill.to()).isEqualTo(project.project.resolve("set.parquet"));
        assertThat(project.runtime.backfill.threads())
                .isEqualTo(Runtime.getRuntime().availableProcessors());

        Files.writeString(project.project.resolve("labels.csv"), "x");
        TestProject.Ended ended = project.isobar(
                "backfill",
                "flight-delays",
                "--from",
                data.toString(),
                "--from",
                "landings=examples/flight-delays/*/*.csv",
                "--labels",
                "labels.csv",
                "--label",
                "late:bool",
                "--to",
                "out",
                "--by-event-time",
                "--table",
                "training/flights",
                "--threads",
                "3",
                "--passes",
                "2");
        assertThat(ended.exit()).isZero();
        assertThat(ended.err()).contains("survey").contains("The events do not fit.");
        assertThat(project.runtime.backfill.from())
                .isEqualTo(Map.of("flights", List.of(a, b), "landings", List.of(configured)));
        assertThat(project.runtime.backfill.decisions()).containsExactly(project.project.resolve("labels.csv"));
        assertThat(project.runtime.backfill.labels()).containsExactly("late:bool");
        assertThat(project.runtime.backfill.byEventTime()).isTrue();
        assertThat(project.runtime.backfill.table()).isEqualTo("training/flights");
        assertThat(ended.out()).contains("training/flights on local, part backfill-aa, 8 rows by one load of the file");
        assertThat(project.runtime.backfill.threads()).isEqualTo(3);
        assertThat(project.runtime.backfill.passes()).isEqualTo(2);

        project.isobar("backfill", "flight-delays", "--from", "flights=data*/**/*.gz", "--to", "out");
        assertThat(project.runtime.backfill.from()).isEqualTo(Map.of("flights", List.of(deep)));
        assertThat(project.isobar("backfill", "flight-delays", "--from", "landings=*.orc", "--to", "out")
                        .err())
                .contains("No file fits " + project.project.resolve("*.orc"))
                .contains("at: --from *.orc")
                .contains("'data/*.parquet'");
    }

    @Test
    @DisplayName("a plan says what its scans would read where that is charged, also where that is not known")
    void plan_scans() throws IOException {
        assertThat(project.isobar("plan", "flight-delays").out())
                .contains("charged by the byte")
                .containsPattern("events/flights +5.0 MiB +as for the tables of run r-1")
                .containsPattern("training-set +- +unknown: run r-1 has no such table")
                .contains("What is known: 5.0 MiB");
        JsonNode scans = Json.read(project.isobar("plan", "flight-delays", "--output", "json")
                        .out())
                .get("scans");
        assertThat(scans.get(0).get("bytes").asLong()).isEqualTo(5_242_880);
        assertThat(scans.get(1).get("bytes").isNull()).isTrue();
    }

    @Test
    @DisplayName("a source without a file is a wrong request that names the key, the path and the way out")
    void missing_source() {
        TestProject.Ended ended = project.isobar("run", "flight-delays", "--set", "sources.flights.path=nowhere.csv");
        assertThat(ended.exit()).isEqualTo(2);
        assertThat(ended.err())
                .contains("'sources.flights.path' (--set)")
                .contains(project.project.resolve("nowhere.csv") + ", which does not exist")
                .contains("--set sources.flights.path=FILE");
    }

    @Test
    @DisplayName("predict takes pairs, JSON objects and files")
    void predict_instances() throws IOException {
        Files.writeString(project.project.resolve("lines.json"), "{\"a\":1}\n{\"a\":2}\n");
        Files.writeString(project.project.resolve("array.json"), "{\"instances\":\n [{\"a\":3}]}");
        project.isobar("predict", "e", "a=x=y", "b=2", "--instance", "{\"a\":true}", "--file", "lines.json");
        assertThat(project.runtime.instances)
                .containsExactly(Map.of("a", "x=y", "b", "2"), Map.of("a", true), Map.of("a", 1), Map.of("a", 2));
        project.isobar("predict", "e", "--file", "array.json");
        assertThat(project.runtime.instances).containsExactly(Map.of("a", 3));
    }

    @Test
    @DisplayName(
            "the server's command holds the server and the target's adapter, and every child writes its temp files under home")
    void programs() {
        project.isobar("status", "--set", "targets.local.log.fsync=os");
        List<String> server = project.runtime.programs.server().command();
        assertThat(String.join(" ", server)).contains("isobar-server-1.jar", "isobar-local-1.jar", "-Xmx256m");
        assertThat(server.get(server.size() - 1)).isEqualTo("dev.isobar.server.ServerMain");
        assertThat(project.runtime.programs.trainer().command())
                .contains("-Xmx640m", project.home.resolve("tmp").toString());
        assertThat(project.runtime.programs.isobar())
                .containsSequence("dev.isobar.cli.Main", "--target", "local", "--set", "targets.local.log.fsync=os");
    }

    private static JsonSchema schema(String name) throws IOException {
        Path file = TestJars.root().resolve("docs/schema").resolve(name + ".json");
        return SCHEMAS.getSchema(Files.readString(file));
    }
}
