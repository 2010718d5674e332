package dev.isobar.aws;

import dev.isobar.aws.cloudwatch.CloudWatchMetrics;
import dev.isobar.aws.dynamodb.DynamoOnlineStore;
import dev.isobar.aws.kinesis.KinesisEventStream;
import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.config.ConfigKey;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.EnumMap;
import java.util.EnumSet;
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
        Map<Port, String> services = new EnumMap<>(Port.class);
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        Map<Limit, Long> limits = new EnumMap<>(Limit.class);
        services.put(Port.TRAINING_JOBS, "SageMaker training jobs");
        services.put(Port.MODEL_REGISTRY, "SageMaker Model Registry");
        services.put(Port.ENDPOINTS, "SageMaker endpoints");
        capabilities.addAll(Set.of(
                Capability.CONTAINER_IMAGES,
                Capability.CANCEL_JOBS,
                Capability.TRAFFIC_SPLIT,
                Capability.SELF_HEALING));
        // InvokeEndpoint takes 6 MB, an endpoint configuration ten variants.
        limits.put(Limit.MAX_REQUEST_BYTES, 6L << 20);
        limits.put(Limit.MAX_DEPLOYMENTS, 10L);
        services.put(Port.OBJECT_STORE, "S3");
        services.put(Port.OFFLINE_STORE, "S3 Parquet + Athena");
        capabilities.add(Capability.ERASE_ROWS);
        // 10,000 parts of 5 GiB, and 5 TiB in all.
        limits.put(Limit.MAX_OBJECT_BYTES, 5L << 40);
        services.put(Port.EVENT_STREAM, "Kinesis Data Streams");
        capabilities.add(Capability.SEEK_TO_TIME);
        limits.put(Limit.MAX_EVENT_BYTES, KinesisEventStream.MAX_EVENT_BYTES);
        services.put(Port.ONLINE_STORE, "DynamoDB, or Redis");
        capabilities.add(Capability.ERASE_STATE);
        limits.put(Limit.MAX_STATE_BYTES, DynamoOnlineStore.MAX_STATE_BYTES);
        services.put(Port.METRICS, "CloudWatch");
        limits.put(Limit.METRIC_STEP_MICROS, CloudWatchMetrics.STEP_MICROS);
        return new CapabilityReport(id(), Map.copyOf(services), Set.copyOf(capabilities), Map.copyOf(limits));
    }

    @Override
    public List<ConfigKey> configuration() {
        return AwsConfig.KEYS;
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        return AwsSession.open(context);
    }
}
