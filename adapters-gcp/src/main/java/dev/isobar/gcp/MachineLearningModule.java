package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Injector;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.vertex.RegisteredModels;
import dev.isobar.gcp.vertex.ReplicaScaling;
import dev.isobar.gcp.vertex.Vertex;
import dev.isobar.gcp.vertex.VertexEndpoints;
import dev.isobar.gcp.vertex.VertexTrainingJobs;
import dev.isobar.platform.registry.RecordedRegistry;
import dev.isobar.port.Endpoints;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import dev.isobar.spi.AdapterContext;
import java.util.List;
import java.util.function.Supplier;

/** Wires training, registry and endpoints. */
final class MachineLearningModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(TrainingJobs.class).to(VertexTrainingJobs.class);
        bind(Endpoints.class).to(VertexEndpoints.class);
        bind(ModelRegistry.class).to(RecordedRegistry.class);
    }

    @Provides
    @Singleton
    Vertex vertex(GcpClients clients, GcpConfig config) {
        return Vertex.open(clients, config.patience(), config.vertex());
    }

    @Provides
    @Singleton
    VertexTrainingJobs jobs(Vertex vertex, Provider<ObjectStore> lake, GcpConfig config, AdapterContext context) {
        return new VertexTrainingJobs(vertex, lake::get, context.home().resolve("gcp"), config.vertex());
    }

    @Provides
    @Singleton
    RecordedRegistry registry(Vertex vertex, Provider<ObjectStore> lake, GcpConfig config) {
        return new RecordedRegistry(
                new RegisteredModels(vertex, lake::get, config.vertex()), lake::get, "vertex/registry/");
    }

    @Provides
    @Singleton
    VertexEndpoints endpoints(GcpClients clients, Vertex vertex, Provider<ObjectStore> lake, GcpConfig config) {
        return new VertexEndpoints(vertex, lake::get, clients.endpoint(GcpService.AIPLATFORM), config.vertex());
    }

    @Provides
    @Singleton
    ReplicaScaling scaling(Vertex vertex, Provider<ObjectStore> lake, GcpConfig config) {
        return new ReplicaScaling(vertex, lake::get, config.vertex());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> endpointsListing(Injector injector) {
        return () -> injector.getInstance(VertexEndpoints.class).resources();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> registryListing(Injector injector) {
        return () -> injector.getInstance(RecordedRegistry.class).resources();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> jobsListing(Injector injector) {
        return () -> injector.getInstance(VertexTrainingJobs.class).resources();
    }
}
