package dev.isobar.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the arrows between modules, and the shape of packages and names, over the class files of the whole reactor.
 *
 * <p>The classes are read from each module's {@code target/classes}, not from this module's class path: the command
 * line must not depend on an adapter, the server or the trainer just to be able to look at them. A module that has not
 * been compiled is skipped and says so.
 */
@DisplayName("Architecture")
class ArchitectureTest {

    private static final String[] CORE_API = {
        "dev.isobar.pipeline..",
        "dev.isobar.spec..",
        "dev.isobar.event..",
        "dev.isobar.port..",
        "dev.isobar.capability..",
        "dev.isobar.error..",
        "dev.isobar.config..",
        "dev.isobar.spi..",
        "dev.isobar.workload.."
    };

    private static final Module CORE = new Module("core-api", CORE_API);
    private static final Module CONFORMANCE = new Module("conformance", "dev.isobar.conformance..").mayUse(CORE);
    private static final Module PARQUET = new Module("adapters-local/parquet", "dev.isobar.parquet..").mayUse(CORE);
    private static final Module REDIS = new Module("adapters-local/redis", "dev.isobar.redis..").mayUse(CORE);
    private static final Module PLATFORM = new Module("adapters-local/platform", "dev.isobar.platform..").mayUse(CORE);
    private static final Module LOCAL =
            new Module("adapters-local/core", "dev.isobar.local..").mayUse(CORE, PARQUET, PLATFORM);
    private static final Module AWS =
            new Module("adapters-aws", "dev.isobar.aws..").mayUse(CORE, PARQUET, REDIS, PLATFORM);
    private static final Module EMULATION = new Module("adapters-local/emulation", "dev.isobar.emulation..");
    private static final Module AWS_EMULATORS =
            new Module("adapters-local/emulators-aws", "dev.isobar.emulator.aws..").mayUse(EMULATION);
    private static final Module GCP = new Module("adapters-gcp", "dev.isobar.gcp..").mayUse(CORE, PLATFORM, REDIS);
    private static final Module GCP_EMULATORS =
            new Module("adapters-local/emulators-gcp", "dev.isobar.emulator.gcp..").mayUse(EMULATION);
    private static final Module EXAMPLE =
            new Module("examples/flight-delays", "dev.isobar.example.flightdelays..").mayUse(CORE);
    private static final Module FEATURES = new Module("pipelines/features", "dev.isobar.features..").mayUse(CORE);
    private static final Module TRAINER = new Module("pipelines/trainer", "dev.isobar.trainer..");
    private static final Module SERVER = new Module("pipelines/server", "dev.isobar.server..").mayUse(CORE, FEATURES);
    private static final Module IMAGE = new Module("pipelines/image", "dev.isobar.image..").mayUse(CORE);
    private static final Module RUNTIME =
            new Module("pipelines/runtime", "dev.isobar.runtime..").mayUse(CORE, FEATURES);
    private static final Module CLI = new Module("pipelines/cli", "dev.isobar.cli..").mayUse(CORE, FEATURES, RUNTIME);

    // Compiled by the profile benchmarks only, so in the default build these are skipped.
    private static final Module WORKLOAD = new Module("benchmarks/workload", "dev.isobar.benchmarks.workload..");
    private static final Module CARDS =
            new Module("benchmarks/cards", "dev.isobar.benchmarks.cards..").mayUse(CORE, FEATURES, WORKLOAD);
    private static final Module LOOPS =
            new Module("benchmarks/kernel", "dev.isobar.benchmarks.kernel..").mayUse(CORE, FEATURES, WORKLOAD, CARDS);

    private static final Module LAYER =
            new Module("benchmarks/layer", "dev.isobar.benchmarks.layer..").mayUse(CORE, WORKLOAD);

    private static final List<Module> MODULES = List.of(
            CORE,
            CONFORMANCE,
            PARQUET,
            REDIS,
            PLATFORM,
            LOCAL,
            AWS,
            EMULATION,
            AWS_EMULATORS,
            GCP,
            GCP_EMULATORS,
            EXAMPLE,
            FEATURES,
            TRAINER,
            SERVER,
            IMAGE,
            RUNTIME,
            CLI,
            WORKLOAD,
            new Module("benchmarks/driver", "dev.isobar.benchmarks.driver..").mayUse(WORKLOAD),
            CARDS,
            LOOPS,
            new Module("benchmarks/scale", "dev.isobar.benchmarks.scale..")
                    .mayUse(CORE, FEATURES, RUNTIME, WORKLOAD, CARDS, LOOPS),
            new Module("benchmarks/path", "dev.isobar.benchmarks.path..")
                    .mayUse(CORE, FEATURES, RUNTIME, LOCAL, WORKLOAD, CARDS),
            new Module("benchmarks/backfill", "dev.isobar.benchmarks.backfill..")
                    .mayUse(CORE, FEATURES, LOCAL, WORKLOAD, CARDS),
            new Module("benchmarks/server", "dev.isobar.benchmarks.server..", "dev.isobar.onnx..")
                    .mayUse(CORE, FEATURES, SERVER, WORKLOAD, CARDS),
            LAYER,
            new Module("benchmarks/aws", "dev.isobar.benchmarks.aws..")
                    .mayUse(CORE, AWS, AWS_EMULATORS, WORKLOAD, LAYER),
            new Module("benchmarks/gcp", "dev.isobar.benchmarks.gcp..")
                    .mayUse(CORE, GCP, GCP_EMULATORS, WORKLOAD, LAYER),
            new Module("benchmarks/flink", "dev.isobar.benchmarks.flink..").mayUse(WORKLOAD),
            new Module("benchmarks/kafka-streams", "dev.isobar.benchmarks.kafka..").mayUse(WORKLOAD),
            new Module("benchmarks/beam", "dev.isobar.benchmarks.beam..").mayUse(WORKLOAD),
            new Module("benchmarks/beam-flink", "dev.isobar.benchmarks.beam..").mayUse(WORKLOAD),
            new Module("benchmarks/duckdb", "dev.isobar.benchmarks.duckdb..").mayUse(WORKLOAD));

    /** A name that says what kind of drawer a class is, instead of what it is. */
    private static final Pattern DRAWER = Pattern.compile(".*(Utils?|Helper|Manager|Impl)");

    private static final Path ROOT = root();
    private static final Map<Path, JavaClasses> IMPORTED = new ConcurrentHashMap<>();

    static List<Module> modules() {
        return MODULES;
    }

    @BeforeAll
    static void something_is_compiled() {
        assertThat(CLI.folder()).as("this module's own classes").isDirectory();
    }

    @Test
    @DisplayName("every Java module of the build has a row in the table above")
    void every_module_has_a_row() throws Exception {
        Set<String> rows = new TreeSet<>(MODULES.stream().map(Module::path).toList());
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.find(
                ROOT, 3, (file, attributes) -> file.endsWith("pom.xml") && Files.isDirectory(source(file)))) {
            files.map(pom -> ROOT.relativize(pom.getParent()).toString().replace('\\', '/'))
                    .forEach(found::add);
        }
        assertThat(found).isSubsetOf(rows);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modules")
    @DisplayName("a module keeps to its own packages")
    void a_module_keeps_to_its_own_packages(Module module) {
        ArchRuleDefinition.classes()
                .should()
                .resideInAnyPackage(module.packages())
                .allowEmptyShould(true)
                .check(module.classes());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modules")
    @DisplayName("arrows go one way: a module sees only the modules that its row allows")
    void arrows_go_one_way(Module module) {
        ArchRuleDefinition.noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("dev.isobar..").and(resideOutsideOfPackages(module.visiblePackages())))
                .allowEmptyShould(true)
                .check(module.classes());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modules")
    @DisplayName("packages of a module form no cycle")
    void packages_form_no_cycle(Module module) {
        slices().matching("dev.isobar.(**)")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(module.classes());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modules")
    @DisplayName("nobody names a class Util, Helper, Manager or Impl")
    void no_class_is_named_like_a_drawer(Module module) {
        ArchRuleDefinition.noClasses()
                .should()
                .haveNameMatching(DRAWER.pattern())
                .allowEmptyShould(true)
                .check(module.classes());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modules")
    @DisplayName("every package says what lives there, and is null-marked")
    void every_package_has_a_package_info(Module module) {
        JavaClasses classes = module.classes();
        Set<String> unmarked = new TreeSet<>();
        for (JavaClass type : classes) {
            if (type.getPackage().tryGetPackageInfo().isEmpty()
                    || !type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
                unmarked.add(type.getPackageName());
            }
        }
        assertThat(unmarked).as("packages without a @NullMarked package-info").isEmpty();
    }

    @Test
    @DisplayName("Guice never crosses the SPI: core-api names none")
    void guice_stays_inside() {
        ArchRuleDefinition.noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.google.inject..", "jakarta.inject..")
                .allowEmptyShould(true)
                .check(CORE.classes());
    }

    private static Path root() {
        // Surefire sets basedir; an IDE starts in the module's folder.
        Path start = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        Path folder = start;
        while (!Files.isDirectory(folder.resolve("core-api"))) {
            Path parent = folder.getParent();
            if (parent == null) {
                throw new AssertionError("no core-api in any folder above " + start);
            }
            folder = parent;
        }
        return folder;
    }

    private static Path source(Path pom) {
        return pom.resolveSibling("src").resolve("main").resolve("java");
    }

    /** One row: where a module is, the packages it owns, and the packages of Isobar that it may name. */
    private record Module(String path, List<String> own, List<String> visible) {

        Module(String path, String... packages) {
            this(path, List.of(packages), List.of(packages));
        }

        Module mayUse(Module... others) {
            return new Module(
                    path,
                    own,
                    Stream.concat(own.stream(), Stream.of(others).flatMap(other -> other.own.stream()))
                            .toList());
        }

        Path folder() {
            return ROOT.resolve(path).resolve("target").resolve("classes");
        }

        String[] packages() {
            return own.toArray(String[]::new);
        }

        String[] visiblePackages() {
            return visible.toArray(String[]::new);
        }

        JavaClasses classes() {
            assumeTrue(Files.isDirectory(folder()), () -> path + " is not compiled; run the build from the root");
            // What JMH generates is nobody's design.
            return IMPORTED.computeIfAbsent(
                    folder(),
                    new ClassFileImporter().withImportOption(at -> !at.contains("/jmh_generated/"))::importPath);
        }

        @Override
        public String toString() {
            return path;
        }
    }
}
