package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Injector;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.cloudwatch.CloudWatchMetrics;
import dev.isobar.aws.sagemaker.ModelPackages;
import dev.isobar.aws.sagemaker.SageMakerEndpoints;
import dev.isobar.aws.sagemaker.SageMakerTrainingJobs;
import dev.isobar.platform.registry.RecordedRegistry;
import dev.isobar.port.Endpoints;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import dev.isobar.spi.AdapterContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemakerruntime.SageMakerRuntimeClient;

/** Wires training, registry and endpoints. */
final class MachineLearningModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(TrainingJobs.class).to(SageMakerTrainingJobs.class);
        bind(Endpoints.class).to(SageMakerEndpoints.class);
        bind(ModelRegistry.class).to(RecordedRegistry.class);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {});
    }

    @Provides
    @Singleton
    SageMakerClient client(AwsClients clients) {
        return clients.build(
                AwsService.SAGEMAKER, SageMakerClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
    }

    @Provides
    @Singleton
    CloudWatchLogsClient logs(AwsClients clients) {
        return clients.build(
                AwsService.LOGS, CloudWatchLogsClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
    }

    /** Scoring is what there is most of: many at once, each with SageMaker's own limit of a minute. */
    @Provides
    @Singleton
    SageMakerRuntimeClient runtime(AwsClients clients) {
        return clients.build(
                AwsService.SAGEMAKER_RUNTIME,
                SageMakerRuntimeClient.builder()
                        .httpClientBuilder(ApacheHttpClient.builder()
                                .maxConnections(256)
                                .tcpKeepAlive(true)
                                .expectContinueEnabled(false)
                                .socketTimeout(Duration.ofSeconds(70))));
    }

    @Provides
    @Singleton
    SageMakerTrainingJobs jobs(
            SageMakerClient client,
            CloudWatchLogsClient logs,
            Provider<ObjectStore> lake,
            AwsConfig config,
            AdapterContext context) {
        return new SageMakerTrainingJobs(client, logs, lake::get, context.home().resolve("aws"), config.sageMaker());
    }

    @Provides
    @Singleton
    RecordedRegistry registry(SageMakerClient client, Provider<ObjectStore> lake, AwsConfig config) {
        return new RecordedRegistry(new ModelPackages(client, config.sageMaker()), lake::get, "sagemaker/registry/");
    }

    @Provides
    @Singleton
    SageMakerEndpoints endpoints(
            SageMakerClient client,
            SageMakerRuntimeClient runtime,
            CloudWatchLogsClient logs,
            AwsConfig config,
            AwsClients clients) {
        ApplicationAutoScalingClient scaling = clients.build(
                AwsService.AUTOSCALING,
                ApplicationAutoScalingClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
        return new SageMakerEndpoints(
                client, runtime, logs, scaling, CloudWatchMetrics.namespace(config.prefix()), config.sageMaker());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> endpointsListing(Injector injector) {
        return () -> injector.getInstance(SageMakerEndpoints.class).resources();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> jobsListing(Injector injector) {
        return () -> injector.getInstance(SageMakerTrainingJobs.class).resources();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> registryListing(Injector injector) {
        return () -> injector.getInstance(RecordedRegistry.class).resources();
    }
}
