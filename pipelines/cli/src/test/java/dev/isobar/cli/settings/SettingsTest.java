package dev.isobar.cli.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.TrainingSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Configuration")
class SettingsTest {
    private static final List<ConfigKey> ADAPTER = List.of(
            ConfigKey.of("log.fsync", ConfigType.TEXT, "always", "When events reach the disk."),
            ConfigKey.of("memory", ConfigType.INTEGER, "512", "Megabytes."),
            ConfigKey.optional("scratch", ConfigType.PATH, "A folder."));

    private static final PipelineSpec PIPELINE = new PipelineSpec(
            "p",
            Map.of(),
            List.of(new SourceSpec("flights", "csv")),
            List.of(),
            List.of(),
            List.of(),
            "departures",
            List.of(),
            new TrainingSpec(
                    "t",
                    TrainingSpec.Task.BINARY,
                    "departures",
                    new dev.isobar.spec.ExprSpec.Lit(dev.isobar.event.FieldType.BOOL, "true"),
                    "departures",
                    "id",
                    "xgboost",
                    Map.of("num_round", "200"),
                    0,
                    1,
                    List.of()),
            null,
            null);

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();

    @Test
    @DisplayName("a later layer overrides an earlier one key by key, and what nobody sets keeps its default")
    void layers() throws IOException {
        Path low = file("low.yaml", "targets:\n  local:\n    log.fsync: os\n    memory: 1\nendpoint:\n  port: 1\n");
        Path high = file("high.yaml", "targets.local.memory: 2\n");
        Settings.Bound bound = bind(reader().optional(low).required(high).override("endpoint.port=3", folder));
        assertThat(bound.adapter().text("log.fsync")).contains("os");
        assertThat(bound.adapter().integer("memory")).isEqualTo(2);
        assertThat(bound.endpointPort()).isEqualTo(3);
        assertThat(bind(reader()).adapter().integer("memory")).isEqualTo(512);
        assertThat(bind(reader()).endpointPort()).isZero();
    }

    @Test
    @DisplayName("a relative path is relative to the file it stands in, and on the command line to the current folder")
    void relative_paths() throws IOException {
        Path file = file("deep/isobar.yaml", "sources:\n  flights:\n    path: ../data.csv\n");
        assertThat(bind(reader().required(file)).sources()).containsEntry("flights", folder.resolve("data.csv"));
        SettingsReader overridden =
                reader().required(file).override("sources.flights.path=x.csv", folder.resolve("cwd"));
        assertThat(bind(overridden).sources()).containsEntry("flights", folder.resolve("cwd/x.csv"));
        SettingsReader adapterPath = reader().override("targets.local.scratch=s", folder);
        assertThat(bind(adapterPath).adapter().path("scratch")).contains(folder.resolve("s"));
    }

    @Test
    @DisplayName("every problem is told at once, each with the place it stands in and the nearest known key")
    void all_problems_at_once() throws IOException {
        Path file = file(
                "isobar.yaml",
                "sources:\n  fligths:\n    path: a\ntargets:\n  local:\n    memroy: 1\n    memory: lots\nendpoint:\n  port: 99999\n");
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> bind(reader().required(file).override("nonsense", folder).override("log.fsync=os", folder)));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e.getMessage().lines().toList())
                .hasSize(6)
                .anyMatch(
                        l -> l.contains("'sources.fligths.path'") && l.contains("did you mean 'sources.flights.path'?"))
                .anyMatch(
                        l -> l.contains("'targets.local.memroy'") && l.contains("did you mean 'targets.local.memory'?"))
                .anyMatch(l -> l.contains("'targets.local.memory'")
                        && l.contains("not a whole number")
                        && l.contains(file.toString()))
                .anyMatch(l -> l.contains("'endpoint.port'") && l.contains("not a port"))
                .anyMatch(l -> l.contains("--set wants KEY=VALUE, not 'nonsense'"))
                .anyMatch(l ->
                        l.contains("'log.fsync' (--set)") && l.contains("did you mean 'targets.local.log.fsync'?"));
    }

    @Test
    @DisplayName(
            "${env:NAME} is the environment's value, its default where there is one, and a problem where there is neither")
    void environment_variables() throws IOException {
        environment.put("DATA", "/data");
        Path file = file(
                "isobar.yaml",
                "sources.flights.path: ${env:DATA}/f.csv\ntargets.local.log.fsync: ${env:NOT_SET:-os}\n");
        Settings.Bound bound = bind(reader().required(file));
        assertThat(bound.sources()).containsEntry("flights", Path.of("/data/f.csv"));
        assertThat(bound.adapter().text("log.fsync")).contains("os");
        IsobarException e = catchThrowableOfType(
                IsobarException.class, () -> bind(reader().override("sources.flights.path=${env:NOPE}", folder)));
        assertThat(e).hasMessageContaining("'${env:NOPE}', which is not set in the environment");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${sys:user.home}",
                "${script:javascript:1}",
                "${url:UTF-8:file:///etc/hosts}",
                "${file:UTF-8:/etc/hosts}"
            })
    @DisplayName("no other lookup is possible")
    void no_other_lookup(String value) {
        IsobarException e = catchThrowableOfType(
                IsobarException.class, () -> bind(reader().override("sources.flights.path=" + value, folder)));
        assertThat(e).hasMessageContaining("which is no ${env:NAME}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"on: 1\n", "- a\n", "a: [\n", "a: 1\na: 2\n", "just text\n", "1: 2\n"})
    @DisplayName("a file that is not a mapping of names to values is a problem, not a crash")
    void unreadable_file(String text) throws IOException {
        Path file = file("isobar.yaml", text);
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> bind(reader().required(file)));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e).hasMessageContaining("isobar.yaml");
    }

    @Test
    @DisplayName("an empty file says nothing")
    void empty_file() throws IOException {
        assertThat(bind(reader().required(file("isobar.yaml", "# nothing\n"))).sources())
                .isEmpty();
    }

    @Test
    @DisplayName("a command about no pipeline does not judge a pipeline's keys, but does judge its target's")
    void without_a_pipeline() {
        SettingsReader some = reader().override("sources.x.path=y", folder).override("training.z=1", folder);
        assertThat(some.settings().bind(null, "local", ADAPTER, Set.of("local")).sources())
                .isEmpty();
        SettingsReader wrong = reader().override("targets.local.nope=1", folder);
        assertThat(catchThrowableOfType(
                        IsobarException.class, () -> wrong.settings().bind(null, "local", ADAPTER, Set.of("local"))))
                .hasMessageContaining("targets.local.nope");
    }

    @Test
    @DisplayName("keys of another target that exists are not judged")
    void another_target() {
        SettingsReader other = reader().override("targets.aws.region=eu-west-1", folder);
        assertThat(other.settings()
                        .bind(PIPELINE, "local", ADAPTER, Set.of("aws", "local"))
                        .adapter()
                        .integer("memory"))
                .isEqualTo(512);
    }

    private SettingsReader reader() {
        return new SettingsReader(environment::get);
    }

    private static Settings.Bound bind(SettingsReader reader) {
        return reader.settings().bind(PIPELINE, "local", ADAPTER, Set.of("local"));
    }

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}
