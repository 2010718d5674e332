package dev.isobar.local;

import com.google.inject.AbstractModule;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;

/** Wires the ports that store data. Ports that run processes have a module of their own beside this one. */
final class StoreModule extends AbstractModule {
    private final LocalHome home;
    private final LocalConfig config;
    private final OpenPorts open;

    StoreModule(LocalHome home, LocalConfig config, OpenPorts open) {
        this.home = home;
        this.config = config;
        this.open = open;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(LocalHome.class).toInstance(home);
        bind(LocalConfig.class).toInstance(config);
        bind(OpenPorts.class).toInstance(open);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {});
    }
}
