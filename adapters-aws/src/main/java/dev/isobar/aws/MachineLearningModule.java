package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Injector;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.sagemaker.SageMakerModelRegistry;
import dev.isobar.aws.sagemaker.SageMakerSettings;
import dev.isobar.aws.sagemaker.SageMakerTrainingJobs;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import dev.isobar.spi.AdapterContext;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;

/** Wires training, registry and endpoints. */
final class MachineLearningModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(TrainingJobs.class).to(SageMakerTrainingJobs.class);
        bind(ModelRegistry.class).to(SageMakerModelRegistry.class);
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

    @Provides
    @Singleton
    SageMakerSettings settings(AwsConfig config, AwsClients clients, AdapterContext context) {
        return new SageMakerSettings(
                context.instance(),
                config.prefix(),
                config.identity().region(),
                clients.endpoint(AwsService.SAGEMAKER_RUNTIME),
                "s3://" + config.bucket() + "/" + config.prefix() + "/lake/",
                context.home().resolve("aws"),
                config.executionRole(),
                config.trainingInstance(),
                config.servingInstance(),
                config.trainingVolume(),
                config.spot(),
                config.spotWait(),
                config.algorithm());
    }

    @Provides
    @Singleton
    SageMakerTrainingJobs jobs(
            SageMakerClient client, CloudWatchLogsClient logs, Injector lake, SageMakerSettings settings) {
        return new SageMakerTrainingJobs(client, logs, () -> lake.getInstance(ObjectStore.class), settings);
    }

    @Provides
    @Singleton
    SageMakerModelRegistry registry(SageMakerClient client, Injector lake, SageMakerSettings settings) {
        return new SageMakerModelRegistry(client, () -> lake.getInstance(ObjectStore.class), settings);
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> jobsListing(Injector injector) {
        return () -> injector.getInstance(SageMakerTrainingJobs.class).resources();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> registryListing(Injector injector) {
        return () -> injector.getInstance(SageMakerModelRegistry.class).resources();
    }
}
