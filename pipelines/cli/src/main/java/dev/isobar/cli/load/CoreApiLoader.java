package dev.isobar.cli.load;

import java.util.Set;

/**
 * What a plug-in sees of its host: the JDK, the packages of core-api, and the packages that are named beside them. Everything else of the host's class
 * path is hidden. Thread safe.
 */
final class CoreApiLoader extends ClassLoader {
    /** The packages of core-api below {@code dev.isobar}. */
    static final Set<String> CORE_API =
            Set.of("capability", "config", "error", "event", "pipeline", "port", "spec", "spi", "workload");

    private static final String ISOBAR = "dev.isobar.";

    private final ClassLoader host;
    private final Set<String> more;

    /** @param more further packages, with what is below them: {@code org.slf4j} */
    CoreApiLoader(String name, ClassLoader host, Set<String> more) {
        super(name, ClassLoader.getPlatformClassLoader());
        this.host = host;
        this.more = Set.copyOf(more);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (visible(name)) {
            return host.loadClass(name);
        }
        throw new ClassNotFoundException(name);
    }

    private boolean visible(String name) {
        if (name.startsWith(ISOBAR)) {
            int end = name.indexOf('.', ISOBAR.length());
            return end > 0 && CORE_API.contains(name.substring(ISOBAR.length(), end));
        }
        return more.stream().anyMatch(p -> name.startsWith(p) && name.startsWith(".", p.length()));
    }
}
