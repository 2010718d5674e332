package dev.isobar.cli.print;

import dev.isobar.cli.emulate.Running;
import dev.isobar.config.ConfigKey;
import dev.isobar.runtime.result.RunSummary;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers that the command line itself gives; their JSON is as much a contract as the runtime's ({@code docs/schema/}). */
public final class Documents {
    private Documents() {}

    /** {@code isobar runs}. */
    public record Runs(List<RunSummary> runs) {}

    /** {@code isobar logs}: source → its last lines. */
    public record Logs(Map<String, List<String>> logs) {}

    /** {@code isobar pipelines}. */
    public record PipelineList(List<PipelineEntry> pipelines) {}

    /**
     * One pipeline.
     *
     * @param specVersion null if it cannot be built
     * @param error why it cannot be built
     */
    public record PipelineEntry(
            String name,
            String description,
            String jar,
            @Nullable String specVersion,
            @Nullable String error) {}

    /**
     * {@code isobar doctor}.
     *
     * @param ok whether everything required is there
     */
    public record Doctor(
            boolean ok,
            String version,
            String project,
            String home,
            String target,
            List<Check> checks,
            List<Key> keys) {}

    /**
     * One check.
     *
     * @param required whether Isobar cannot work without
     */
    public record Check(String name, boolean ok, boolean required, String finding, String remedy) {}

    /** One configuration key. */
    public record Key(String name, String type, @Nullable String defaultValue, String documentation) {
        /** From its declaration. */
        public static Key of(ConfigKey key) {
            return new Key(key.name(), key.type().name(), key.defaultValue(), key.documentation());
        }
    }

    /** {@code isobar emulators}. */
    public record EmulatorList(List<EmulatedCloud> emulators) {}

    /**
     * The emulators of one cloud.
     *
     * @param pid the process that holds all others; null if they do not run
     */
    public record EmulatedCloud(
            String cloud, boolean running, @Nullable Long pid, List<Running.Service> services) {}

    /**
     * {@code isobar image}.
     *
     * @param adapter the one adapter in it; null for a trainer, unless the adapter brings what fills its folders
     * @param image its name, in a registry or in the file
     * @param digest of its manifest
     * @param format {@code oci} or {@code docker}
     * @param to the file, or the same as {@code image}
     * @param user who runs in it
     * @param libgomp the file that was put in, or null
     * @param tarBytes the size of the file; null after a push
     * @param layers those on top of the base
     * @param setting the configuration key that names it
     * @param settingValue its value; null for a file, from which no platform starts anything
     */
    public record Image(
            String kind,
            @Nullable String adapter,
            String image,
            String digest,
            String format,
            String to,
            boolean pushed,
            String base,
            String user,
            @Nullable String libgomp,
            @Nullable Long tarBytes,
            List<ImageLayer> layers,
            String setting,
            @Nullable String settingValue) {}

    /**
     * One layer.
     *
     * @param bytes of its files, before compression
     */
    public record ImageLayer(String name, int files, long bytes) {}

    /** {@code isobar completion SHELL}. */
    public record Completion(String shell, String script) {}

    /** {@code isobar --version}. */
    public record Version(String version, String java, String os) {}

    /** {@code isobar --help}. */
    public record Help(String help) {}
}
