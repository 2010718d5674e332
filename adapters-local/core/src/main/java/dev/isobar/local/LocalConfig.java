package dev.isobar.local;

import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.config.Configuration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the local adapter can be told. Immutable.
 *
 * @param fsyncAlways whether an append is forced to the disk before it returns
 * @param offlineMemoryMegabytes memory DuckDB may use before it spills, 64 to 1,048,576
 * @param offlineThreads threads DuckDB may use, 1 to 256
 */
record LocalConfig(boolean fsyncAlways, long offlineMemoryMegabytes, int offlineThreads) {
    private static final String FSYNC = "log.fsync";
    private static final String MEMORY = "offline.memory-mb";
    private static final String THREADS = "offline.threads";

    static final List<ConfigKey> KEYS = List.of(
            ConfigKey.of(
                    FSYNC,
                    ConfigType.TEXT,
                    "always",
                    "When appended events reach the disk: 'always' forces every batch before the append returns and survives power"
                            + " loss; 'os' leaves it to the operating system and survives kill -9 only."),
            ConfigKey.of(
                    MEMORY, ConfigType.INTEGER, "512", "Megabytes DuckDB may use before it spills to ISOBAR_HOME/tmp."),
            ConfigKey.of(THREADS, ConfigType.INTEGER, "2", "Threads DuckDB may use."));

    static LocalConfig from(Configuration configuration) {
        List<String> problems = new ArrayList<>();
        String fsync = configuration.text(FSYNC).orElse("always");
        if (!fsync.equals("always") && !fsync.equals("os")) {
            problems.add(FSYNC + " is '" + fsync + "', not 'always' or 'os'");
        }
        long memory = configuration.integer(MEMORY);
        if (memory < 64 || memory > 1_048_576) {
            problems.add(MEMORY + " is " + memory + ", not between 64 and 1048576");
        }
        long threads = configuration.integer(THREADS);
        if (threads < 1 || threads > 256) {
            problems.add(THREADS + " is " + threads + ", not between 1 and 256");
        }
        Configuration.throwIfAny(problems);
        return new LocalConfig(fsync.equals("always"), memory, (int) threads);
    }
}
