package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.isobar.cli.load.Adapters;
import dev.isobar.cli.load.Pipelines;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.pipeline.PipelineDefinition;
import dev.isobar.spi.Adapter;
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
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Class loaders")
class LoaderTest {
    @TempDir
    Path folder;

    private TestProject project;

    @BeforeEach
    void makeProject() throws IOException {
        project = new TestProject(folder);
    }

    @Test
    @DisplayName("an adapter's Jackson is its own, its core-api and SLF4J are ours")
    void adapter_is_isolated() throws Exception {
        Adapter adapter = new Adapters(project.installation()).load("local");
        ClassLoader loader = adapter.getClass().getClassLoader();
        Class<?> theirs = loader.loadClass(ObjectMapper.class.getName());
        assertThat(theirs).isNotEqualTo(ObjectMapper.class);
        assertThat(theirs.getClassLoader()).isSameAs(loader);
        assertThat(loader.loadClass("org.slf4j.Logger")).isEqualTo(org.slf4j.Logger.class);
        assertThat(loader.loadClass(Adapter.class.getName())).isEqualTo(Adapter.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.isobar.cli.Main",
                "dev.isobar.runtime.Isobar",
                "picocli.CommandLine",
                "org.apache.commons.configuration2.Configuration",
                "org.yaml.snakeyaml.Yaml"
            })
    @DisplayName("an adapter and a pipeline see nothing else of the command's class path")
    void nothing_else_is_visible(String name) throws Exception {
        assertThat(Class.forName(name)).isNotNull(); // it is there to be seen
        ClassLoader adapter =
                new Adapters(project.installation()).load("local").getClass().getClassLoader();
        assertThatThrownBy(() -> adapter.loadClass(name)).isInstanceOf(ClassNotFoundException.class);
        Path jar = pipeline("peeks", "Class.forName(\"" + name + "\")");
        IsobarException e =
                catchThrowableOfType(IsobarException.class, () -> pipelines().find(jar.toString()));
        assertThat(e).hasMessageContaining("ClassNotFoundException: " + name);
    }

    @Test
    @DisplayName("a pipeline does not see Jackson, although core-api uses it")
    void pipeline_does_not_see_jackson() throws Exception {
        Path jar = pipeline("jackson", "Class.forName(\"com.fasterxml.jackson.databind.ObjectMapper\")");
        assertThat(catchThrowableOfType(IsobarException.class, () -> pipelines().find(jar.toString())))
                .hasMessageContaining("ClassNotFoundException");
    }

    @Test
    @DisplayName("the packages that plug-ins see are those of core-api, all of them")
    void packages_of_core_api() throws Exception {
        var field = Class.forName("dev.isobar.cli.load.CoreApiLoader").getDeclaredField("CORE_API");
        field.setAccessible(true);
        try (Stream<Path> packages = Files.list(TestJars.root().resolve("core-api/src/main/java/dev/isobar"))) {
            List<String> names =
                    packages.map(p -> p.getFileName().toString()).sorted().toList();
            assertThat((Iterable<?>) field.get(null)).map(Object::toString).containsExactlyInAnyOrderElementsOf(names);
        }
    }

    @Test
    @DisplayName("a pipeline is found by its name and by its JAR, with the folder of its isobar.yaml")
    void pipeline_is_found() {
        Pipelines.Loaded byName = pipelines().find("flight-delays");
        assertThat(byName.folder()).isEqualTo(project.project.resolve("examples/flight-delays"));
        Pipelines.Loaded byJar = pipelines().find(byName.jar().toString());
        assertThat(byJar.pipeline().version()).isEqualTo(byName.pipeline().version());
    }

    @Test
    @DisplayName("a pipeline whose code throws is the caller's mistake, with what it threw")
    void pipeline_throws() throws Exception {
        Path jar = pipeline("throws", "null; if (true) throw new IllegalStateException(\"bad day\")");
        IsobarException e =
                catchThrowableOfType(IsobarException.class, () -> pipelines().find(jar.toString()));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PIPELINE);
        assertThat(e).hasMessageContaining("bad day");
        assertThat(project.isobar("run", jar.toString()).exit()).isEqualTo(2);
    }

    @Test
    @DisplayName("a JAR without a pipeline, or that is no JAR, is the caller's mistake")
    void no_pipeline() throws Exception {
        Path empty = TestJars.jar(folder.resolve("jars/empty.jar"), Map.of(), Map.of("x.Y", "x.Z"));
        assertThat(project.isobar("plan", empty.toString()).err()).contains("offers no pipeline");
        Path text = Files.writeString(folder.resolve("jars/text.jar"), "not a zip file");
        TestProject.Ended ended = project.isobar("plan", text.toString());
        assertThat(ended.exit()).isEqualTo(2);
        assertThat(ended.err()).contains("error: ", text.toString());
    }

    private Pipelines pipelines() {
        return new Pipelines(project.installation());
    }

    private Path pipeline(String name, String expression) throws IOException {
        String type = "Pipeline" + name;
        return TestJars.jar(
                folder.resolve("jars/" + name + ".jar"),
                Map.of("other." + type, """
                        package other;
                        public class %s implements dev.isobar.pipeline.PipelineDefinition {
                          public dev.isobar.pipeline.Pipeline pipeline() {
                            try {
                              Object o = %s;
                              throw new IllegalStateException("saw " + o);
                            } catch (ReflectiveOperationException e) {
                              throw new IllegalStateException(e);
                            }
                          }
                        }
                        """.formatted(type, expression).replace(
                        "catch (ReflectiveOperationException e)",
                        expression.contains("forName")
                                ? "catch (ReflectiveOperationException e)"
                                : "catch (IllegalArgumentException e)")),
                Map.of(PipelineDefinition.class.getName(), "other." + type));
    }
}
