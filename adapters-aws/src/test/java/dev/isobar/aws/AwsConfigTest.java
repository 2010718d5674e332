package dev.isobar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.aws.athena.AthenaOfflineStore;
import dev.isobar.aws.client.AwsIdentity;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.kinesis.KinesisEventStream;
import dev.isobar.aws.sagemaker.SageMakerSettings;
import dev.isobar.aws.sagemaker.SageMakerSettings.Algorithm;
import dev.isobar.config.ConfigKey;
import dev.isobar.config.Configuration;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The AWS adapter's configuration")
class AwsConfigTest {
    private static final Map<String, String> LEAST = Map.of("region", "eu-central-1", "bucket", "b");

    private static AwsConfig read(Map<String, String> settings) {
        return AwsConfig.from("prod", Configuration.of("", AwsConfig.KEYS, settings));
    }

    @Test
    @DisplayName("needs a region and a bucket, and has a default for all that is not optional")
    void defaults() {
        assertThat(read(LEAST))
                .isEqualTo(new AwsConfig(
                        new AwsIdentity("prod", "eu-central-1", null, null, null, null, null, Map.of()),
                        "b",
                        "isobar",
                        new KinesisEventStream.Settings("prod", "isobar", true, false, Duration.ofHours(24)),
                        true,
                        new AthenaOfflineStore.Settings("prod", "s3://b/isobar/tables/", "primary", "isobar", 1_024, 2),
                        null,
                        new SageMakerSettings(
                                "prod",
                                "isobar",
                                "eu-central-1",
                                null,
                                "s3://b/isobar/lake/",
                                null,
                                "ml.m5.large",
                                "ml.m5.large",
                                30,
                                false,
                                Duration.ofHours(1),
                                Duration.ofSeconds(1),
                                Algorithm.IMAGE)));
    }

    @Test
    @DisplayName("reads every key")
    void everything() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("region", "us-east-1");
        all.put("bucket", "lake");
        all.put("prefix", "team");
        all.put("credentials.access-key-id", "id");
        all.put("credentials.secret-access-key", "secret");
        all.put("role.arn", "arn:aws:iam::1:role/r");
        all.put("role.external-id", "x");
        all.put("sagemaker.role-arn", "arn:aws:iam::1:role/s");
        all.put("sagemaker.training-instance", "ml.t");
        all.put("sagemaker.serving-instance", "ml.s");
        all.put("sagemaker.training-volume-gib", "31");
        all.put("sagemaker.spot", "true");
        all.put("sagemaker.max-wait", "2h");
        all.put("sagemaker.poll-interval", "3s");
        all.put("sagemaker.algorithm", "built-in");
        all.put("athena.workgroup", "w");
        all.put("athena.database", "d");
        all.put("offline.memory-mb", "65");
        all.put("offline.threads", "3");
        all.put("kinesis.aggregation", "false");
        all.put("kinesis.consumer", "enhanced-fan-out");
        all.put("kinesis.cbor", "false");
        all.put("kinesis.retention", "3d");
        all.put("online.store", "redis");
        all.put("online.redis.uri", "redis://h:1");
        all.put("endpoint", "http://all:1");
        Map<AwsService, URI> endpoints = new HashMap<>();
        for (AwsService service : AwsService.values()) {
            all.put("endpoint." + service.key(), "http://" + service.key() + ":2");
            endpoints.put(service, URI.create("http://" + service.key() + ":2"));
        }
        AwsConfig config = read(all);
        assertThat(config)
                .isEqualTo(new AwsConfig(
                        new AwsIdentity(
                                "prod", "us-east-1", null, "id", "secret", "arn:aws:iam::1:role/r", "x", endpoints),
                        "lake",
                        "team",
                        new KinesisEventStream.Settings("prod", "team", false, true, Duration.ofDays(3)),
                        false,
                        new AthenaOfflineStore.Settings("prod", "s3://lake/team/tables/", "w", "d", 65, 3),
                        "redis://h:1",
                        new SageMakerSettings(
                                "prod",
                                "team",
                                "us-east-1",
                                URI.create("http://sagemaker-runtime:2"),
                                "s3://lake/team/lake/",
                                "arn:aws:iam::1:role/s",
                                "ml.t",
                                "ml.s",
                                31,
                                true,
                                Duration.ofHours(2),
                                Duration.ofSeconds(3),
                                Algorithm.BUILT_IN)));
        // A profile excludes the keys that were given here.
        assertThat(AwsConfig.KEYS)
                .extracting(ConfigKey::name)
                .filteredOn(name -> !all.containsKey(name))
                .containsExactly("profile");

        AwsIdentity profiled =
                read(with(Map.of("profile", "p", "endpoint", "http://all:1"))).identity();
        assertThat(profiled.profile()).isEqualTo("p");
        assertThat(profiled.endpoints())
                .hasSize(AwsService.values().length)
                .containsEntry(AwsService.S3, URI.create("http://all:1"));
    }

    @Test
    @DisplayName("says all that is wrong at once, each with its key")
    void problems() {
        Map<String, String> wrong = Map.ofEntries(
                Map.entry("prefix", "A"),
                Map.entry("profile", "p"),
                Map.entry("credentials.access-key-id", "id"),
                Map.entry("role.external-id", "x"),
                Map.entry("sagemaker.training-volume-gib", "16385"),
                Map.entry("sagemaker.algorithm", "magic"),
                Map.entry("offline.memory-mb", "63"),
                Map.entry("offline.threads", "257"),
                Map.entry("kinesis.consumer", "pulling"),
                Map.entry("kinesis.retention", "23h"),
                Map.entry("online.store", "memory"),
                Map.entry("endpoint", "no where"),
                Map.entry("endpoint.s3", "nowhere"));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(wrong));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e.getMessage().lines())
                .satisfiesExactlyInAnyOrder(
                        p -> assertThat(p).startsWith("region is not set"),
                        p -> assertThat(p).startsWith("bucket is not set"),
                        p -> assertThat(p).startsWith("prefix is 'A'"),
                        p -> assertThat(p).contains("belong together"),
                        p -> assertThat(p).contains("an instance has one identity"),
                        p -> assertThat(p).isEqualTo("role.external-id is set without role.arn"),
                        p -> assertThat(p).isEqualTo("sagemaker.training-volume-gib is 16385, not 1 to 16384"),
                        p -> assertThat(p).isEqualTo("sagemaker.algorithm is 'magic', neither image nor built-in"),
                        p -> assertThat(p).isEqualTo("offline.memory-mb is 63, not 64 to 1048576"),
                        p -> assertThat(p).isEqualTo("offline.threads is 257, not 1 to 256"),
                        p -> assertThat(p)
                                .isEqualTo("kinesis.consumer is 'pulling', neither polling nor enhanced-fan-out"),
                        p -> assertThat(p).startsWith("kinesis.retention is"),
                        p -> assertThat(p).isEqualTo("online.store is 'memory', neither dynamodb nor redis"),
                        p -> assertThat(p).startsWith("endpoint is 'no where'"),
                        p -> assertThat(p).startsWith("endpoint.s3 is 'nowhere'"));
    }

    private static Map<String, String> with(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(LEAST);
        settings.putAll(more);
        return settings;
    }
}
