package dev.isobar.local;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.local.endpoint.LocalEndpoints;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.job.LocalTrainingJobs;
import dev.isobar.local.process.ProcessIdentity;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.process.ProcessTable;
import dev.isobar.local.registry.LocalModelRegistry;
import dev.isobar.port.Endpoints;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Wires the ports that run processes. */
final class ProcessModule extends AbstractModule {
    @Provides
    @Singleton
    LocalEndpoints localEndpoints(LocalHome home, OpenPorts open) {
        return open.keep(new LocalEndpoints(home));
    }

    @Provides
    Endpoints endpoints(LocalEndpoints endpoints) {
        return endpoints;
    }

    @Provides
    @Singleton
    LocalTrainingJobs localTrainingJobs(LocalHome home, Provider<ObjectStore> lake) {
        return new LocalTrainingJobs(home, lake::get);
    }

    @Provides
    TrainingJobs trainingJobs(LocalTrainingJobs jobs) {
        return jobs;
    }

    @Provides
    @Singleton
    LocalModelRegistry localModelRegistry(LocalHome home) {
        return new LocalModelRegistry(home);
    }

    @Provides
    ModelRegistry modelRegistry(LocalModelRegistry registry) {
        return registry;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> endpointResources(LocalEndpoints endpoints) {
        return endpoints::resources;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> jobResources(LocalTrainingJobs jobs) {
        return jobs::resources;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> modelResources(LocalModelRegistry registry) {
        return registry::resources;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> processResources(LocalHome home) {
        ProcessTable table = ProcessTable.of(home);
        return () -> processes(table);
    }

    /** One line for every live process: what Isobar started, and what that started in turn. */
    private static List<Resource> processes(ProcessTable table) {
        List<Resource> resources = new ArrayList<>();
        for (ProcessRecord record : table.live()) {
            Map<String, String> details = new TreeMap<>(record.details());
            details.put("role", record.kind());
            details.put("log", record.log());
            for (ProcessIdentity member : table.members(record)) {
                resources.add(new Resource(
                        "process",
                        record.kind() + " " + record.name(),
                        record.tag(),
                        "running",
                        member.pid(),
                        Map.copyOf(details)));
            }
        }
        return resources;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
