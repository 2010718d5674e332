package dev.isobar.cli.load;

import dev.isobar.cli.install.Installation;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.spi.Adapter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Loads adapters, each from its own folder in a class loader of its own that shares only core-api and SLF4J with the rest. So no target's libraries
 * meet another's, or the runtime's. Thread safe.
 */
public final class Adapters {
    private final Installation installation;

    /** The adapters of an installation. */
    public Adapters(Installation installation) {
        this.installation = installation;
    }

    /** Ids of the adapters of this checkout, built or not. */
    public Set<String> ids() {
        return installation.adapterFolders().keySet();
    }

    /**
     * The folder of an adapter's jar.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} for an id that no adapter has
     */
    public Path folder(String id) {
        Map<String, Path> folders = installation.adapterFolders();
        Path folder = folders.get(id);
        if (folder == null) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "There is no target '" + id + "'")
                    .resource("--target " + id)
                    .hint(Names.nearest(id, folders.keySet())
                                    .map(n -> "Did you mean '" + n + "'? ")
                                    .orElse("")
                            + "Known targets: " + String.join(", ", folders.keySet()) + ".")
                    .build();
        }
        return folder;
    }

    /** The adapter of that id; the same errors as {@link #folder}, and {@code INVALID_CONFIGURATION} if its folder holds no such adapter. */
    public Adapter load(String id) {
        Path folder = folder(id);
        List<URL> urls = new ArrayList<>();
        for (Path jar : Installation.classPath(folder)) {
            String name = String.valueOf(jar.getFileName());
            if (!name.startsWith("isobar-core-api") && !name.startsWith("slf4j-api")) {
                urls.add(url(jar));
            }
        }
        CoreApiLoader host =
                new CoreApiLoader("host of adapter " + id, Adapters.class.getClassLoader(), Set.of("org.slf4j"));
        // Never closed: the adapter's code runs until the JVM ends.
        ClassLoader loader = new URLClassLoader("adapter " + id, urls.toArray(URL[]::new), host);
        List<String> found = new ArrayList<>();
        try {
            for (Adapter adapter : ServiceLoader.load(Adapter.class, loader)) {
                if (adapter.id().equals(id)) {
                    return adapter;
                }
                found.add(adapter.id());
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw IsobarException.of(
                            ErrorCode.INVALID_CONFIGURATION,
                            "The adapter of target '" + id + "' cannot be loaded: " + e)
                    .adapter(id)
                    .resource(folder.toString())
                    .hint("Build it again: remove " + folder + " and run the same command.")
                    .cause(e)
                    .build();
        }
        throw IsobarException.of(
                        ErrorCode.INVALID_CONFIGURATION,
                        "The folder of target '" + id + "' holds no adapter of that id, but: "
                                + (found.isEmpty() ? "none" : String.join(", ", found)))
                .adapter(id)
                .resource(folder.toString())
                .hint("An adapter is listed in META-INF/services/" + Adapter.class.getName() + " of its jar.")
                .build();
    }

    static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("a file has a URL: " + jar, e);
        }
    }
}
