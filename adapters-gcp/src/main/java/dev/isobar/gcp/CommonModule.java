package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterContext;
import java.util.List;
import java.util.function.Supplier;

/** What the modules of all ports stand on. */
final class CommonModule extends AbstractModule {
    private final GcpConfig config;
    private final GcpClients clients;
    private final AdapterContext context;

    CommonModule(GcpConfig config, GcpClients clients, AdapterContext context) {
        this.config = config;
        this.clients = clients;
        this.context = context;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(GcpConfig.class).toInstance(config);
        bind(GcpClients.class).toInstance(clients);
        bind(AdapterContext.class).toInstance(context);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {});
    }
}
