package dev.isobar.local;

import com.google.inject.ConfigurationException;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import com.google.inject.TypeLiteral;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** One open local adapter: an injector whose port bindings are lazy singletons. A port without a binding is not supported. Thread safe. */
final class LocalSession implements AdapterSession {
    private static final Key<Set<Supplier<List<Resource>>>> LISTINGS = Key.get(new TypeLiteral<>() {});

    private final Injector injector;
    private final OpenPorts open;
    private final String instance;

    private LocalSession(Injector injector, OpenPorts open, String instance) {
        this.injector = injector;
        this.open = open;
        this.instance = instance;
    }

    static LocalSession open(AdapterContext context) {
        LocalHome home = new LocalHome(context.instance(), context.home());
        OpenPorts open = new OpenPorts();
        // One module per group of ports; explicit bindings only, and lazily: a model server must not wait for DuckDB.
        List<Module> modules =
                List.of(new StoreModule(home, LocalConfig.from(context.configuration()), open), new ProcessModule());
        return new LocalSession(Guice.createInjector(Stage.DEVELOPMENT, modules), open, context.instance());
    }

    @Override
    public List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        for (Supplier<List<Resource>> listing : injector.getInstance(LISTINGS)) {
            all.addAll(listing.get());
        }
        all.sort(Comparator.comparing(Resource::kind)
                .thenComparing(Resource::name)
                .thenComparing(Resource::id));
        return List.copyOf(all);
    }

    @Override
    public void close() {
        open.close();
    }

    @Override
    public <T> T port(Class<T> port) {
        if (open.isClosed()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The session is closed; its " + port.getSimpleName() + " cannot be asked for")
                    .adapter(instance)
                    .build();
        }
        if (injector.getExistingBinding(Key.get(port)) == null) {
            throw IsobarException.of(ErrorCode.UNSUPPORTED, "The local adapter has no " + port.getSimpleName())
                    .adapter(instance)
                    .at(port.getSimpleName(), "open")
                    .hint("Name another adapter for this port in the target.")
                    .build();
        }
        try {
            return injector.getInstance(port);
        } catch (ProvisionException | ConfigurationException e) {
            if (e.getCause() instanceof IsobarException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
