package dev.isobar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real trainer and server, put into images and taken out again: what the entry point says is started, with the layers' files only, a folder as root
 * and this machine's Java in place of the base image's. Needs those modules packaged, as {@code mvn verify} from the root does before it comes here.
 */
@DisplayName("What an image starts")
class StartedImageTest {
    private static final Path PROJECT = project();
    private static final long SEED = 20_261_123;
    private static final int ROWS = 400;

    @TempDir
    Path folder;

    @Test
    @DisplayName("a trainer trains from SageMaker's folders")
    void trainer() throws Exception {
        assumeRightMachine();
        Plans plans = new Plans(folder);
        Path image = folder.resolve("trainer.tar");
        make(plans.plan(
                ImagePlan.Kind.trainer,
                classPath("pipelines/trainer"),
                List.of(),
                null,
                plans.base.toString(),
                image.toString(),
                null,
                null));
        Path ml = folder.resolve("opt-ml");
        writeInput(ml);
        Ended ended = start(image, Map.of("ISOBAR_ML_DIR", ml.toString(), "LD_DEBUG", "libs"));
        trained(ended, ml);
    }

    @Test
    @DisplayName("a stager, from its own jars only, starts a trainer that trains from what it filled")
    void staged() throws Exception {
        assumeRightMachine();
        Plans plans = new Plans(folder);
        List<Path> trainer = classPath("pipelines/trainer");
        List<Path> stager = new ArrayList<>(List.of(StandInStager.jar(folder.resolve("gcp/isobar-stand-in-1.jar"))));
        for (Path jar : trainer) {
            if (!jar.getFileName().toString().startsWith("isobar-")) {
                // no jars at all: a trainer that got them in place of its own would not start
                stager.add(plans.jar("gcp/lib/" + jar.getFileName(), "of another version"));
            }
        }
        Path image = folder.resolve("staged.tar");
        ImagePlan.Stager by = new ImagePlan.Stager(StandInStager.class.getName(), stager);
        make(plans.staged(trainer, by, image.toString(), null));
        Path lake = folder.resolve("lake");
        writeInput(lake);
        Path ml = folder.resolve("opt-ml");
        Ended ended = start(
                image, Map.of("STAND_IN_LAKE", lake.toString(), "ISOBAR_ML_DIR", ml.toString(), "LD_DEBUG", "libs"));
        assertThat(ended.output()).contains("stand-in: the trainer's classes are not here");
        trained(ended, ml);
        assertThat(ended.output()).contains("stand-in: the trainer ended with 0 after train");
    }

    @Test
    @DisplayName("Google Cloud's stager, by its jar's manifest, is found and asks for what it is to fill")
    void stager_of_google_cloud() throws Exception {
        Plans plans = new Plans(folder);
        List<Path> adapter = new ArrayList<>(classPath("adapters-gcp"));
        String main;
        try (JarFile jar = new JarFile(adapter.get(0).toFile())) {
            main = jar.getManifest().getMainAttributes().getValue("Isobar-Stager");
        }
        Path image = folder.resolve("gcp.tar");
        ImagePlan.Stager by = new ImagePlan.Stager(main, adapter);
        make(plans.staged(plans.trainer, by, image.toString(), "base"));
        Ended ended = start(image, Map.of());
        assertThat(ended.exit()).as(ended.output()).isEqualTo(78);
        assertThat(ended.output()).contains("ISOBAR_STAGE");
    }

    private static void assumeRightMachine() {
        String machine = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        assumeTrue(machine.equals("Linux amd64"), "the image is for Linux amd64, this machine is " + machine);
    }

    /** A trainer's folders as a platform, or a stager, fills them. */
    private static void writeInput(Path ml) throws IOException {
        Random random = new Random(SEED);
        for (String set : List.of("train", "validation")) {
            StringBuilder rows = new StringBuilder();
            for (int i = 0; i < ROWS; i++) {
                double a = random.nextDouble();
                rows.append(String.format(Locale.ROOT, "%d,%.4f,%.4f%n", a > 0.5 ? 1 : 0, a, random.nextDouble()));
            }
            write(ml.resolve("input/data/" + set + "/rows.csv"), rows.toString());
        }
        write(
                ml.resolve("input/config/hyperparameters.json"),
                "{\"objective\":\"binary:logistic\",\"num_round\":\"5\",\"max_depth\":\"2\",\"feature_names\":\"[\\\"a\\\",\\\"b\\\"]\"}");
    }

    private void trained(Ended ended, Path ml) {
        assertThat(ended.exit()).as("seed %d: %s", SEED, ended.output()).isZero();
        assertThat(ended.output())
                .as("the image's libgomp is the one that XGBoost got")
                .contains("calling init: " + folder.resolve("root") + Content.NATIVE + "/" + Libgomp.NAME);
        assertThat(ml.resolve("model/xgboost-model")).isNotEmptyFile();
        assertThat(ml.resolve("output/data/metrics.json")).content().contains("auc");
    }

    @Test
    @DisplayName("a server finds exactly the one adapter and asks for what it is to serve")
    void server() throws Exception {
        Plans plans = new Plans(folder);
        Path image = folder.resolve("server.tar");
        List<Path> server = classPath("pipelines/server");
        List<String> present =
                server.stream().map(p -> p.getFileName().toString()).toList();
        List<Path> adapter = classPath("adapters-local/core").stream()
                .filter(p -> !present.contains(p.getFileName().toString()))
                .toList();
        ImageResult result = make(plans.plan(
                ImagePlan.Kind.server, server, adapter, "local", plans.base.toString(), image.toString(), null, null));
        assertThat(result.layers()).hasSize(3);
        List<String> names = Archive.read(image).layers().stream()
                .flatMap(List::stream)
                .filter(e -> !e.isDirectory())
                .map(e -> e.getName().replaceFirst(".*/", ""))
                .toList();
        assertThat(names).doesNotHaveDuplicates();
        assertThat(names.stream().filter(n -> n.startsWith("isobar-")))
                .as("the server, what it uses, and one adapter")
                .allMatch(n -> n.matches("isobar-(server|core-api|features|local|parquet|platform)-.*"));
        Ended ended = start(image, Map.of("ISOBAR_HOME", folder.resolve("home").toString()));
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.output()).contains("isobar-server:", "ISOBAR_DESCRIPTOR", "lake key of a serving descriptor");
    }

    /** The entry point with its arguments and environment, every path below the root that the layers make. */
    private Ended start(Path image, Map<String, String> environment) throws Exception {
        Path root = folder.resolve("root");
        Archive archive = Archive.read(image);
        archive.unpack(root);
        JsonNode config = archive.config().path("config");
        List<String> line = new ArrayList<>();
        config.path("Entrypoint").forEach(n -> line.add(below(root, n.asText())));
        config.path("Cmd").forEach(n -> line.add(n.asText()));
        assertThat(line.get(0)).isEqualTo("java");
        line.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Path output = folder.resolve("output.txt");
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        config.path("Env").forEach(n -> {
            String[] pair = n.asText().split("=", 2);
            builder.environment().put(pair[0], below(root, pair[1]));
        });
        // for every Java that the entry point starts, as docs/images.md says
        builder.environment()
                .put(
                        "JDK_JAVA_OPTIONS",
                        "-Xmx256m \"-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")) + "\"");
        builder.environment()
                .put("PATH", Path.of(System.getProperty("java.home"), "bin").toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readString(output));
    }

    private static String below(Path root, String text) {
        return text.replace(Content.ROOT, root + Content.ROOT);
    }

    private static ImageResult make(ImagePlan plan) {
        return new ImageBuild(plan, Map.of(), line -> {}).make();
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** As the command line composes it. */
    private static List<Path> classPath(String module) throws IOException {
        Path target = PROJECT.resolve(module).resolve("target");
        List<Path> jars = new ArrayList<>();
        for (Path at : List.of(target, target.resolve("lib"))) {
            if (Files.isDirectory(at)) {
                try (Stream<Path> files = Files.list(at)) {
                    files.filter(f -> f.toString().endsWith(".jar"))
                            .filter(f -> !f.toString().endsWith("-tests.jar"))
                            .sorted()
                            .forEach(jars::add);
                }
            }
        }
        assumeTrue(jars.size() > 1, module + " is not packaged; run mvn verify from the root");
        return jars;
    }

    private static Path project() {
        Path folder = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("core-api"))) {
            folder = Objects.requireNonNull(folder.getParent(), "no checkout above");
        }
        return folder;
    }

    private record Ended(int exit, String output) {}
}
