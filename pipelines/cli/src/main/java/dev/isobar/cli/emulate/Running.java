package dev.isobar.cli.emulate;

import java.util.List;
import java.util.Map;

/**
 * What running emulators say of themselves in {@code ready.json}.
 *
 * @param pid the process that holds all others
 * @param started when that process began, as the operating system says it: a pid alone is given out again
 * @param settings keys of the target's adapter that lead to these emulators
 */
public record Running(long pid, String started, List<Service> services, Map<String, String> settings) {
    /** Makes the collections its own. */
    public Running {
        services = List.copyOf(services);
        settings = Map.copyOf(settings);
    }

    /**
     * One service.
     *
     * @param name the cloud's name for it
     * @param by who emulates it
     */
    public record Service(String name, String by, String endpoint, long pid) {}

    /** Whether that process still runs. */
    boolean alive() {
        return ProcessHandle.of(pid).filter(p -> started.equals(startOf(p))).isPresent();
    }

    static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Object::toString).orElse("");
    }
}
