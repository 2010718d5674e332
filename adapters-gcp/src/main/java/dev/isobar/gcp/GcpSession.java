package dev.isobar.gcp;

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
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** One open Google Cloud adapter: an injector whose port bindings are lazy singletons, and the clients behind them. Thread safe. */
final class GcpSession implements AdapterSession {
    private static final Key<Set<Supplier<List<Resource>>>> LISTINGS = Key.get(new TypeLiteral<>() {});

    private final Injector injector;
    private final GcpClients clients;
    private final String instance;
    private volatile boolean closed;

    private GcpSession(Injector injector, GcpClients clients, String instance) {
        this.injector = injector;
        this.clients = clients;
        this.instance = instance;
    }

    static GcpSession open(AdapterContext context) {
        GcpConfig config = GcpConfig.from(context.instance(), context.configuration());
        GcpClients clients = new GcpClients(config.identity());
        // Explicit bindings only, and lazily: a model server must not open what it does not use.
        List<Module> modules =
                List.of(new CommonModule(config, clients, context), new LakeModule(), new StreamModule());
        return new GcpSession(Guice.createInjector(Stage.DEVELOPMENT, modules), clients, context.instance());
    }

    @Override
    public List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        injector.getInstance(LISTINGS).forEach(listing -> all.addAll(listing.get()));
        all.sort(Comparator.comparing(Resource::kind)
                .thenComparing(Resource::name)
                .thenComparing(Resource::id));
        return List.copyOf(all);
    }

    @Override
    public void close() {
        closed = true;
        clients.close();
    }

    @Override
    public <T> T port(Class<T> port) {
        String name = port.getSimpleName();
        if (closed) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT, "The session is closed; its " + name + " cannot be asked for")
                    .adapter(instance)
                    .build();
        }
        if (injector.getExistingBinding(Key.get(port)) == null) {
            throw IsobarException.of(ErrorCode.UNSUPPORTED, "The Google Cloud adapter has no " + name)
                    .adapter(instance)
                    .at(name, "open")
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
