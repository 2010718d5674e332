package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.cloudwatch.CloudWatchMetrics;
import dev.isobar.port.Metrics;
import java.time.Clock;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;

/** Wires metrics. */
final class MetricsModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(Metrics.class).to(CloudWatchMetrics.class);
    }

    @Provides
    @Singleton
    CloudWatchMetrics metrics(AwsConfig config, AwsClients clients) {
        CloudWatchClient client = clients.build(
                AwsService.CLOUDWATCH, CloudWatchClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
        return new CloudWatchMetrics(client, config.identity().instance(), config.prefix(), Clock.systemUTC());
    }
}
