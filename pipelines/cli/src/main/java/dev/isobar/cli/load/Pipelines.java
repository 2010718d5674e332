package dev.isobar.cli.load;

import dev.isobar.cli.install.Installation;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.PipelineDefinition;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;

/** Finds pipelines: the examples of this checkout by name, any other by its JAR. Thread safe. */
public final class Pipelines {
    private final Installation installation;

    /** The pipelines of an installation. */
    public Pipelines(Installation installation) {
        this.installation = installation;
    }

    /**
     * A pipeline and where it came from.
     *
     * @param folder where its {@code isobar.yaml} may stand: beside the JAR, or the module that built it
     */
    public record Loaded(Pipeline pipeline, String description, Path jar, Path folder) {
        /** The pipeline's name. */
        public String name() {
            return pipeline.spec().name();
        }
    }

    /** A JAR whose pipeline could not be loaded. */
    public record Broken(String name, Path jar, IsobarException error) {}

    /**
     * Everything that can be run by name.
     *
     * @param broken examples that are there and cannot be loaded
     */
    public record Catalog(List<Loaded> loaded, List<Broken> broken) {}

    /** All example pipelines. */
    public Catalog all() {
        List<Loaded> loaded = new ArrayList<>();
        List<Broken> broken = new ArrayList<>();
        installation.exampleJars().forEach((module, jar) -> {
            try {
                loaded.addAll(definitions(jar));
            } catch (IsobarException e) {
                broken.add(new Broken(module, jar, e));
            }
        });
        return new Catalog(List.copyOf(loaded), List.copyOf(broken));
    }

    /**
     * The pipeline of that name, or the one in that JAR.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if there is none, {@code INVALID_PIPELINE} if it cannot be built
     */
    public Loaded find(String nameOrJar) {
        if (nameOrJar.endsWith(".jar") || nameOrJar.contains("/")) {
            return ofJar(Path.of(nameOrJar).toAbsolutePath().normalize());
        }
        Map<String, Path> jars = installation.exampleJars();
        Path sameFolder = jars.get(nameOrJar);
        // A module is usually named like its pipeline: look there first, and load no other.
        if (sameFolder != null) {
            for (Loaded candidate : definitions(sameFolder)) {
                if (candidate.name().equals(nameOrJar)) {
                    return candidate;
                }
            }
        }
        Map<String, Loaded> byName = new LinkedHashMap<>();
        Catalog catalog = all();
        catalog.loaded().forEach(l -> byName.put(l.name(), l));
        Loaded found = byName.get(nameOrJar);
        if (found != null) {
            return found;
        }
        Set<String> names = new TreeSet<>(byName.keySet());
        throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "There is no pipeline '" + nameOrJar + "'")
                .resource(nameOrJar)
                .hint(Names.nearest(nameOrJar, names)
                                .map(n -> "Did you mean '" + n + "'? ")
                                .orElse("")
                        + (names.isEmpty()
                                ? "No example is built; name the JAR of a pipeline."
                                : "`isobar pipelines` lists them: " + String.join(", ", names)
                                        + ". The JAR of a pipeline is accepted as well."))
                .build();
    }

    private Loaded ofJar(Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "There is no pipeline JAR " + jar)
                    .resource(jar.toString())
                    .hint(
                            "Give the path of a JAR that was built against isobar-core-api, or a name that `isobar pipelines` lists.")
                    .build();
        }
        List<Loaded> found = definitions(jar);
        if (found.size() > 1) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The JAR holds " + found.size() + " pipelines: "
                                    + String.join(
                                            ", ",
                                            found.stream().map(Loaded::name).toList()))
                    .resource(jar.toString())
                    .hint("List one of them in its META-INF/services/" + PipelineDefinition.class.getName() + ".")
                    .build();
        }
        return found.get(0);
    }

    private List<Loaded> definitions(Path jar) {
        ClassLoader loader = new URLClassLoader(
                "pipeline " + jar.getFileName(),
                new URL[] {Adapters.url(jar)},
                new CoreApiLoader("host of pipelines", Pipelines.class.getClassLoader(), Set.of()));
        List<Loaded> found = new ArrayList<>();
        try {
            for (PipelineDefinition definition : ServiceLoader.load(PipelineDefinition.class, loader)) {
                found.add(new Loaded(definition.pipeline(), definition.description(), jar, folder(jar)));
            }
        } catch (IsobarException e) {
            throw e;
        } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
            // A pipeline is somebody else's code: whatever it throws is a mistake in the pipeline, said as such.
            Throwable reason = e instanceof ServiceConfigurationError && e.getCause() != null ? e.getCause() : e;
            throw IsobarException.of(ErrorCode.INVALID_PIPELINE, "The pipeline's code failed: " + reason)
                    .resource(jar.toString())
                    .hint("A pipeline's JAR sees the JDK and isobar-core-api only; `--verbose` shows where it failed.")
                    .cause(e)
                    .build();
        }
        if (found.isEmpty()) {
            throw IsobarException.of(ErrorCode.INVALID_PIPELINE, "The JAR offers no pipeline")
                    .resource(jar.toString())
                    .hint("Name the class in META-INF/services/" + PipelineDefinition.class.getName() + ".")
                    .build();
        }
        return found;
    }

    private static Path folder(Path jar) {
        Path beside = jar.toAbsolutePath().getParent();
        if (beside == null) {
            throw new IllegalStateException("a file has a folder: " + jar);
        }
        Path above = beside.getParent();
        boolean built = beside.endsWith("target") && above != null;
        return built && above != null ? above : beside;
    }
}
