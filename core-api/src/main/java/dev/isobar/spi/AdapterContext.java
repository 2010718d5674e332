package dev.isobar.spi;

import dev.isobar.config.Configuration;
import java.nio.file.Path;

/**
 * What an adapter instance is given.
 *
 * @param instance its name in the target; used in errors and labels
 * @param configuration its own validated subtree
 * @param home where Isobar keeps state on this machine; nothing may be written outside
 * @since 0.1
 */
public record AdapterContext(String instance, Configuration configuration, Path home) {}
