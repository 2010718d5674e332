package dev.isobar.cli;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Port;
import dev.isobar.cli.emulate.Emulators;
import dev.isobar.cli.install.CommandLines;
import dev.isobar.cli.install.Installation;
import dev.isobar.cli.install.TempFolders;
import dev.isobar.cli.load.Adapters;
import dev.isobar.cli.load.Pipelines;
import dev.isobar.cli.print.Json;
import dev.isobar.cli.settings.Settings;
import dev.isobar.cli.settings.SettingsReader;
import dev.isobar.config.Configuration;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.Workload;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts a pipeline, a target and the runtime together for one command, and takes them apart again. Not thread safe. */
final class Workbench implements AutoCloseable {
    private static final String LOCAL = "local";

    private final IsobarCommand options;
    private final Host host;
    private final Installation installation;
    private final Adapters adapters;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private @Nullable Adapter adapter;

    Workbench(IsobarCommand options) {
        this.options = options;
        this.host = options.host;
        this.installation = host.installation();
        this.adapters = new Adapters(installation);
    }

    Pipelines pipelines() {
        return new Pipelines(installation);
    }

    /** Throws if there is no such target. */
    void requireTarget() {
        adapters.folder(options.target);
    }

    /** The adapter behind the target; loaded once. */
    Adapter adapter() {
        Adapter loaded = adapter;
        if (loaded == null) {
            loaded = adapters.load(options.target);
            adapter = loaded;
        }
        return loaded;
    }

    /** The settings for a pipeline, or for a command about none: layers from the lowest to the highest. */
    Settings.Bound settings(Pipelines.@Nullable Loaded pipeline) {
        SettingsReader reader = new SettingsReader(host.environment());
        if (pipeline != null) {
            reader.optional(pipeline.folder().resolve("isobar.yaml"));
        }
        reader.optional(installation.project().resolve("isobar.yaml"));
        reader.optional(installation.home().resolve("isobar.yaml"));
        Path config = options.config;
        if (config != null) {
            reader.required(host.cwd().resolve(config));
        }
        options.assignments.forEach(a -> reader.override(a, host.cwd()));
        emulated(reader);
        return reader.settings()
                .bind(
                        pipeline == null ? null : pipeline.pipeline().spec(),
                        options.target,
                        adapter().configuration(),
                        adapters.ids());
    }

    /** Emulators that run are where the target is, unless a layer says where it is. */
    private void emulated(SettingsReader reader) {
        if (!Emulators.clouds(installation).contains(options.target)) {
            return;
        }
        Emulators emulators = new Emulators(installation, options.target);
        emulators.running().ifPresent(running -> {
            Map<String, String> keys = new TreeMap<>();
            running.settings().forEach((key, value) -> keys.put("targets." + options.target + "." + key, value));
            keys.put(Settings.TRAINER_IMAGE, Emulators.TRAINER_IMAGE);
            keys.put(Settings.SERVER_IMAGE, Emulators.SERVER_IMAGE);
            reader.unlessSaid(keys, installation.home());
        });
    }

    AdapterContext context(Settings.Bound settings) {
        return new AdapterContext(options.target, settings.adapter(), installation.home());
    }

    /** The runtime, for a command that is about no pipeline's definition. */
    Isobar open() {
        return open(settings(null));
    }

    /** The runtime with the adapter so configured. */
    Isobar open(Settings.Bound settings) {
        return open(settings, false);
    }

    /** The same for work on files of this machine, which the local adapter reads and writes where the target's own does not. */
    Isobar openWithFiles(Settings.Bound settings) {
        return open(settings, true);
    }

    private Isobar open(Settings.Bound settings, boolean withFiles) {
        makeHome();
        new TempFolders(installation.home()).sweep();
        Adapter loaded = adapter();
        AdapterSession session = loaded.open(context(settings));
        opened.push(session);
        CapabilityReport capabilities = loaded.capabilities();
        Target.Binding binding = new Target.Binding(options.target, capabilities, session);
        Map<Port, Target.Binding> bindings = new EnumMap<>(Port.class);
        for (Port port : Port.values()) {
            if (capabilities.implementsPort(port)) {
                bindings.put(port, binding);
            }
        }
        ParquetFiles files = withFiles && !options.target.equals(LOCAL) ? files() : null;
        Isobar isobar = host.runtime()
                .open(new Target(options.target, bindings, files), installation.home(), programs(settings));
        opened.push(isobar);
        return isobar;
    }

    private @Nullable ParquetFiles files() {
        if (!adapters.ids().contains(LOCAL)) {
            return null;
        }
        Adapter local = adapters.load(LOCAL);
        AdapterSession session = local.open(
                new AdapterContext(LOCAL, Configuration.of("", local.configuration(), Map.of()), installation.home()));
        opened.push(session);
        return session.offlineStore() instanceof ParquetFiles files ? files : null;
    }

    /** What to run; every source must be bound to a file that can be read. */
    RunRequest request(Pipelines.Loaded loaded, Settings.Bound settings) {
        List<String> problems = new ArrayList<>();
        for (SourceSpec source : loaded.pipeline().spec().sources()) {
            String key = "sources." + source.name() + ".path";
            Path file = settings.sources().get(source.name());
            if (file == null) {
                problems.add("Configuration key '" + key + "' is not set: source '" + source.name() + "' has no file");
            } else if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                String trouble = Files.isDirectory(file)
                        ? "is a folder"
                        : Files.exists(file) ? "cannot be read" : "does not exist";
                problems.add("Configuration key " + settings.sourceOrigins().get(source.name()) + " names " + file
                        + ", which " + trouble);
            }
        }
        if (!problems.isEmpty()) {
            String first = loaded.pipeline().spec().sources().get(0).name();
            throw IsobarException.of(ErrorCode.INVALID_CONFIGURATION, String.join("\n", problems))
                    .resource(loaded.name())
                    .hint("Say where the file is: --set sources." + first + ".path=FILE, or in "
                            + loaded.folder().resolve("isobar.yaml") + ".")
                    .build();
        }
        requireImages(loaded.pipeline().spec(), settings);
        return new RunRequest(
                loaded.pipeline(), settings.sources(), settings.hyperparameters(), settings.endpointPort());
    }

    /** Before anything runs: without them a run would end at its third step, hours of ingest later. */
    private void requireImages(PipelineSpec spec, Settings.Bound settings) {
        List<String> missing = new ArrayList<>();
        if (runsImages() && spec.training() != null && settings.trainerImage().isEmpty()) {
            missing.add(Settings.TRAINER_IMAGE);
        }
        if (runsImages() && spec.deploy() != null && settings.serverImage().isEmpty()) {
            missing.add(Settings.SERVER_IMAGE);
        }
        if (!missing.isEmpty()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_CONFIGURATION,
                            "Target '" + options.target + "' runs containers, and " + String.join(" and ", missing)
                                    + (missing.size() == 1 ? " is" : " are") + " not set")
                    .resource("--target " + options.target)
                    .hint("`isobar image` makes both and says what to set; `isobar emulators up " + options.target
                            + "` needs none.")
                    .build();
        }
    }

    private Programs programs(Settings.Bound settings) {
        CommandLines lines = new CommandLines(installation);
        List<String> same = new ArrayList<>(List.of("--target", options.target));
        Path config = options.config;
        if (config != null) {
            same.addAll(List.of("--config", host.cwd().resolve(config).toString()));
        }
        // Keys of a pipeline say nothing to an audit, and a relative path means the same only from the same folder.
        options.assignments.stream()
                .filter(a -> a.startsWith("targets."))
                .forEach(a -> same.addAll(List.of("--set", a)));
        return new Programs(trainer(lines, settings), server(lines, settings), lines.isobar(same));
    }

    private Workload trainer(CommandLines lines, Settings.Bound settings) {
        return runsImages()
                ? Workload.image(settings.trainerImage(), Map.of())
                : Workload.command(lines.trainer(), onThisMachine());
    }

    private Workload server(CommandLines lines, Settings.Bound settings) {
        Map<String, String> adapterConfig =
                Map.of("ISOBAR_ADAPTER_CONFIG", Json.write(settings.adapter().forWorkloads()));
        return runsImages()
                ? Workload.image(settings.serverImage(), adapterConfig)
                : Workload.command(lines.server(adapters.folder(options.target)), onThisMachine())
                        .with(adapterConfig);
    }

    private boolean runsImages() {
        return adapter().capabilities().has(Capability.CONTAINER_IMAGES);
    }

    private Map<String, String> onThisMachine() {
        return Map.of("ISOBAR_HOME", installation.home().toString());
    }

    private void makeHome() {
        try {
            Files.createDirectories(installation.home());
        } catch (IOException e) {
            throw IsobarException.io("making ISOBAR_HOME " + installation.home(), e);
        }
    }

    @Override
    public void close() {
        RuntimeException first = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                if (first == null) {
                    first = e instanceof RuntimeException r ? r : new IllegalStateException("closing failed", e);
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
