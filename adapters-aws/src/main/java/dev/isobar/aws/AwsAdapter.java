package dev.isobar.aws;

import com.google.inject.Module;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.cloudwatch.CloudWatchMetrics;
import dev.isobar.aws.dynamodb.DynamoOnlineStore;
import dev.isobar.aws.kinesis.KinesisEventStream;
import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.config.ConfigKey;
import dev.isobar.platform.session.InjectedSession;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The AWS adapter, {@code aws}: every port on managed services, through the AWS SDK v2. Thread safe.
 *
 * @since 0.1
 */
public final class AwsAdapter implements Adapter {
    /** For {@link java.util.ServiceLoader}. */
    public AwsAdapter() {}

    @Override
    public String id() {
        return "aws";
    }

    @Override
    public CapabilityReport capabilities() {
        return new CapabilityReport(
                id(),
                Map.of(
                        Port.EVENT_STREAM, "Kinesis Data Streams",
                        Port.OBJECT_STORE, "S3",
                        Port.OFFLINE_STORE, "S3 Parquet + Athena",
                        Port.ONLINE_STORE, "DynamoDB, or Redis",
                        Port.TRAINING_JOBS, "SageMaker training jobs",
                        Port.MODEL_REGISTRY, "SageMaker Model Registry",
                        Port.ENDPOINTS, "SageMaker endpoints",
                        Port.METRICS, "CloudWatch"),
                Set.of(
                        Capability.SEEK_TO_TIME,
                        Capability.ERASE_ROWS,
                        Capability.ERASE_STATE,
                        Capability.CONTAINER_IMAGES,
                        Capability.CANCEL_JOBS,
                        Capability.TRAFFIC_SPLIT,
                        Capability.ELASTIC_REPLICAS,
                        Capability.EXACT_STATUS,
                        Capability.SELF_HEALING),
                Map.of(
                        Limit.MAX_EVENT_BYTES,
                        KinesisEventStream.MAX_EVENT_BYTES,
                        // 10,000 parts of 5 GiB, and 5 TiB in all
                        Limit.MAX_OBJECT_BYTES,
                        5L << 40,
                        Limit.MAX_STATE_BYTES,
                        DynamoOnlineStore.LIMITS.maxStateBytes(),
                        // InvokeEndpoint takes 6 MB, an endpoint configuration ten variants
                        Limit.MAX_REQUEST_BYTES,
                        6L << 20,
                        Limit.MAX_DEPLOYMENTS,
                        10L,
                        // Instances are found, images pulled and containers started.
                        Limit.ENDPOINT_SETTLE_MICROS,
                        45 * 60 * 1_000_000L,
                        Limit.METRIC_STEP_MICROS,
                        CloudWatchMetrics.STEP_MICROS));
    }

    @Override
    public List<ConfigKey> configuration() {
        return AwsConfig.KEYS;
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        AwsConfig config = AwsConfig.from(context.instance(), context.configuration());
        AwsClients clients = new AwsClients(config.identity());
        List<Module> modules = List.of(
                new CommonModule(config, clients, context),
                new StreamModule(),
                new LakeModule(),
                new OnlineModule(),
                new MachineLearningModule(),
                new MetricsModule());
        return InjectedSession.open("AWS", context.instance(), modules, clients::close);
    }
}
