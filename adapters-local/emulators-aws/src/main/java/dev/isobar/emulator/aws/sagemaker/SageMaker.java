package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.process.Children;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.wire.ServiceError;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * SageMaker on this machine: what is behind its two services. One at a time per home folder. Thread safe.
 *
 * <p>Documents of jobs, models, configurations, endpoints and packages outlive a restart; processes do not: jobs that ran have failed then, endpoints
 * start their processes again.
 */
public final class SageMaker implements AutoCloseable {
    private static final Duration INVOCATION = Duration.ofSeconds(60);

    private final Children children;
    private final S3Files s3;
    private final TrainingRuns runs;
    private final Containers containers;
    private final Endpoints endpoints;
    private final List<WireService> services;

    private SageMaker(SageMakerSettings settings, LogStore logs, Alarms alarms) throws IOException {
        Path home = settings.home();
        Path state = home.resolve("state");
        Arns arns = new Arns(settings.region(), settings.account());
        ImageTable images = new ImageTable(settings.images());
        Account account = new Account(images);
        Documents jobDocuments = Documents.open(state.resolve("training-job"));
        Documents modelDocuments = Documents.open(state.resolve("model"));
        Documents configDocuments = Documents.open(state.resolve("endpoint-config"));
        Documents endpointDocuments = Documents.open(state.resolve("endpoint"));
        Documents packageDocuments = Documents.open(state.resolve("model-package"));
        Documents groupDocuments = Documents.open(state.resolve("model-package-group"));
        this.children = Children.open(home.resolve("processes"));
        // Nothing runs now: these are of an emulator that was killed.
        ContainerFolders.remove(home.resolve(TrainingRuns.FOLDER));
        ContainerFolders.remove(home.resolve(Containers.FOLDER));
        this.s3 = new S3Files(settings.s3(), settings.region());
        Host host = new Host(children, images, s3, logs, settings);
        this.runs = new TrainingRuns(jobDocuments, host);
        this.containers = Containers.on(host);
        TrainingJobs jobs = new TrainingJobs(jobDocuments, arns, account, s3, runs);
        Models models = new Models(modelDocuments, packageDocuments, arns, account, s3);
        EndpointConfigs configs = new EndpointConfigs(configDocuments, arns, models);
        this.endpoints = new Endpoints(endpointDocuments, arns, models, configs, account, containers, alarms);
        Tags tags = new Tags(
                arns,
                Map.of(
                        "training-job", jobDocuments,
                        "model", modelDocuments,
                        "endpoint-config", configDocuments,
                        "endpoint", endpointDocuments,
                        "model-package", packageDocuments,
                        "model-package-group", groupDocuments));
        ModelPackageGroups groups = new ModelPackageGroups(groupDocuments, packageDocuments, arns);
        ModelPackages packages = new ModelPackages(packageDocuments, groups, arns);
        this.services = List.of(
                new SageMakerService(
                        jobs, new TrainingJobSearch(jobDocuments), models, configs, endpoints, groups, packages, tags),
                new SageMakerRuntime(endpoints, containers, settings.account(), INVOCATION));
    }

    /**
     * Opens a home folder, ends the processes that an emulator before this one left, and brings its endpoints back.
     *
     * @param alarms what turns an update back
     */
    public static SageMaker open(SageMakerSettings settings, LogStore logs, Alarms alarms) throws IOException {
        SageMaker opened = new SageMaker(settings, logs, alarms);
        opened.endpoints.restore();
        return opened;
    }

    /** The control plane and the runtime. */
    public List<WireService> services() {
        return services;
    }

    /** A variant {@code endpoint/NAME/variant/VARIANT}: what can be scaled. */
    public Optional<VariantState> variant(String resource) {
        String[] parts = resource.split("/", -1);
        return parts.length == 4 ? endpoints.variant(parts[1], parts[3]) : Optional.empty();
    }

    /**
     * Begins to change how many instances a variant has, as {@code UpdateEndpointWeightsAndCapacities} does.
     *
     * @param resource {@code endpoint/NAME/variant/VARIANT}
     * @throws ServiceError as that operation
     */
    public void scale(String resource, int instances) {
        String[] parts = resource.split("/", -1);
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("EndpointName", parts[1]);
        request.putArray("DesiredWeightsAndCapacities")
                .addObject()
                .put("VariantName", parts[3])
                .put("DesiredInstanceCount", instances);
        endpoints.weigh(request);
    }

    /** From now on updates and deletions of endpoints look at these. */
    public void scaledBy(ScalableTargets targets) {
        endpoints.scaledBy(targets);
    }

    /** Ends all processes; what is kept is brought back by the next {@link #open}. */
    @Override
    public void close() {
        runs.close();
        containers.close();
        children.close();
        s3.close();
    }
}
