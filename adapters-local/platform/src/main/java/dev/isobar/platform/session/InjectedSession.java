package dev.isobar.platform.session;

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
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterSession;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One open adapter: an injector of its own, whose bindings of ports are lazy singletons, so that a model server does not open what it does not use. A port without a
 * binding is not supported. What the adapter made is listed by a set of bindings, {@code Set<Supplier<List<Resource>>>}. Thread safe.
 *
 * @since 0.1
 */
public final class InjectedSession implements AdapterSession {
    private static final Key<Set<Supplier<List<Resource>>>> LISTINGS = Key.get(new TypeLiteral<>() {});

    private final Injector injector;
    private final String adapter;
    private final String instance;
    private final Runnable release;
    private volatile boolean closed;

    private InjectedSession(Injector injector, String adapter, String instance, Runnable release) {
        this.injector = injector;
        this.adapter = adapter;
        this.instance = instance;
        this.release = release;
    }

    /**
     * Opens an adapter, and nothing of its platform yet.
     *
     * @param adapter what a person calls it: {@code AWS}
     * @param instance its name in the target
     * @param modules one for each group of ports, with explicit bindings only
     * @param release closes what the ports hold; must bear to be called twice
     */
    public static InjectedSession open(String adapter, String instance, List<Module> modules, Runnable release) {
        return new InjectedSession(Guice.createInjector(Stage.DEVELOPMENT, modules), adapter, instance, release);
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
        release.run();
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
            throw IsobarException.of(ErrorCode.UNSUPPORTED, "The " + adapter + " adapter has no " + name)
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
