package dev.isobar.emulator.gcp.wire;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which permission a method over gRPC needs.
 *
 * @see <a href="https://cloud.google.com/pubsub/docs/access-control#required_permissions">Pub/Sub</a>
 * @see <a href="https://cloud.google.com/monitoring/access-control#monitoring_api_permissions">Monitoring</a>
 * @see <a href="https://cloud.google.com/bigquery/docs/write-api#required_permissions">Storage Write</a>
 */
final class Permissions {
    private static final Map<String, String> SERVICES = Map.of(
            "google.pubsub.v1.Publisher", "pubsub.topics.",
            "google.pubsub.v1.Subscriber", "pubsub.subscriptions.",
            "google.monitoring.v3.MetricService", "monitoring.",
            "google.cloud.bigquery.storage.v1.BigQueryWrite", "bigquery.tables.updateData");

    private static final Map<String, String> VERBS = Map.ofEntries(
            Map.entry("CreateTopic", "create"),
            Map.entry("GetTopic", "get"),
            Map.entry("ListTopics", "list"),
            Map.entry("DeleteTopic", "delete"),
            Map.entry("UpdateTopic", "update"),
            Map.entry("Publish", "publish"),
            Map.entry("CreateSubscription", "create"),
            Map.entry("GetSubscription", "get"),
            Map.entry("ListSubscriptions", "list"),
            Map.entry("DeleteSubscription", "delete"),
            Map.entry("UpdateSubscription", "update"),
            Map.entry("Pull", "consume"),
            Map.entry("StreamingPull", "consume"),
            Map.entry("Acknowledge", "consume"),
            Map.entry("ModifyAckDeadline", "consume"),
            Map.entry("Seek", "consume"),
            Map.entry("CreateTimeSeries", "timeSeries.create"),
            Map.entry("ListTimeSeries", "timeSeries.list"),
            Map.entry("CreateMetricDescriptor", "metricDescriptors.create"),
            Map.entry("GetMetricDescriptor", "metricDescriptors.get"),
            Map.entry("ListMetricDescriptors", "metricDescriptors.list"),
            Map.entry("DeleteMetricDescriptor", "metricDescriptors.delete"));

    private Permissions() {}

    /** Null where the service itself looks. */
    static @Nullable String ofGrpc(String fullMethod) {
        int slash = fullMethod.lastIndexOf('/');
        String service = SERVICES.get(fullMethod.substring(0, slash));
        if (service == null || !service.endsWith(".")) {
            return service;
        }
        String verb = VERBS.get(fullMethod.substring(slash + 1));
        return verb == null ? null : service + verb;
    }
}
