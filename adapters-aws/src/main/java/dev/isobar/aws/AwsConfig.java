package dev.isobar.aws;

import dev.isobar.aws.client.AwsIdentity;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.sagemaker.SageMakerSettings.Algorithm;
import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.config.Configuration;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the AWS adapter can be told. Immutable.
 *
 * @param bucket of the lake; must exist
 * @param prefix of every key in the bucket, without slashes at its ends, and of the names of everything that is made
 * @param kinesisAggregation whether events of one key may share a record
 * @param kinesisFanOut whether readers subscribe instead of polling
 * @param onlineRedis address of the Redis that keeps online state; null for DynamoDB
 * @param kinesisRetention how long streams keep events, 24 hours to 365 days
 * @param kinesisCbor whether Kinesis is spoken to in CBOR, else in JSON
 * @param executionRole ARN of the role that SageMaker assumes to run jobs and models; null if not set
 */
record AwsConfig(
        AwsIdentity identity,
        String bucket,
        String prefix,
        @Nullable String executionRole,
        String trainingInstance,
        String servingInstance,
        int trainingVolume,
        boolean spot,
        Duration spotWait,
        Duration pollInterval,
        Algorithm algorithm,
        String workgroup,
        String database,
        boolean kinesisAggregation,
        boolean kinesisFanOut,
        boolean kinesisCbor,
        Duration kinesisRetention,
        long offlineMemoryMegabytes,
        int offlineThreads,
        @Nullable String onlineRedis) {
    private static final String REGION = "region";
    private static final String PROFILE = "profile";
    private static final String KEY_ID = "credentials.access-key-id";
    private static final String SECRET = "credentials.secret-access-key";
    private static final String ROLE = "role.arn";
    private static final String EXTERNAL_ID = "role.external-id";
    private static final String ENDPOINT = "endpoint";
    private static final String BUCKET = "bucket";
    private static final String PREFIX = "prefix";
    private static final String EXECUTION_ROLE = "sagemaker.role-arn";
    private static final String TRAINING_INSTANCE = "sagemaker.training-instance";
    private static final String SERVING_INSTANCE = "sagemaker.serving-instance";
    private static final String TRAINING_VOLUME = "sagemaker.training-volume-gib";
    private static final String SPOT = "sagemaker.spot";
    private static final String SPOT_WAIT = "sagemaker.max-wait";
    private static final String POLL_INTERVAL = "sagemaker.poll-interval";
    private static final String ALGORITHM = "sagemaker.algorithm";
    private static final String WORKGROUP = "athena.workgroup";
    private static final String DATABASE = "athena.database";
    private static final String OFFLINE_MEMORY = "offline.memory-mb";
    private static final String OFFLINE_THREADS = "offline.threads";

    private static final String AGGREGATION = "kinesis.aggregation";
    private static final String CONSUMER = "kinesis.consumer";
    private static final String CBOR = "kinesis.cbor";
    private static final String RETENTION = "kinesis.retention";
    private static final String FAN_OUT = "enhanced-fan-out";

    private static final String ONLINE_STORE = "online.store";
    private static final String ONLINE_REDIS = "online.redis.uri";

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,30}");

    static final List<ConfigKey> KEYS = keys();

    private static List<ConfigKey> keys() {
        List<ConfigKey> keys = new ArrayList<>(List.of(
                ConfigKey.optional(REGION, ConfigType.TEXT, "The region, such as eu-central-1. Required."),
                ConfigKey.optional(BUCKET, ConfigType.TEXT, "The S3 bucket of the lake. It must exist. Required."),
                ConfigKey.of(
                        PREFIX, ConfigType.TEXT, "isobar", "First part of every key and of every resource's name."),
                ConfigKey.identity(
                        PROFILE,
                        "A profile of the shared AWS files. Without it and without keys: the SDK's default chain."),
                ConfigKey.identity(KEY_ID, "A static access key; write ${env:NAME} in files."),
                ConfigKey.identity(SECRET, "Its secret; write ${env:NAME} in files."),
                ConfigKey.identity(ROLE, "ARN of a role to assume with that identity."),
                ConfigKey.identity(EXTERNAL_ID, "External id that the role's trust policy asks for."),
                ConfigKey.optional(
                        EXECUTION_ROLE,
                        ConfigType.TEXT,
                        "ARN of the role that SageMaker assumes to run jobs and models. Training and endpoints need it."),
                ConfigKey.of(TRAINING_INSTANCE, ConfigType.TEXT, "ml.m5.large", "Instance type of training jobs."),
                ConfigKey.of(TRAINING_VOLUME, ConfigType.INTEGER, "30", "GiB of disk of a training instance."),
                ConfigKey.of(SPOT, ConfigType.BOOLEAN, "false", "Whether training jobs run on spot capacity."),
                ConfigKey.of(
                        SPOT_WAIT,
                        ConfigType.DURATION,
                        "1h",
                        "How much longer than its timeout a spot job may take, waiting for capacity included."),
                ConfigKey.of(
                        POLL_INTERVAL,
                        ConfigType.DURATION,
                        "1s",
                        "The shortest time between two questions about one job or endpoint; SageMaker's quotas are small."),
                ConfigKey.of(
                        ALGORITHM,
                        ConfigType.TEXT,
                        "image",
                        "Who trains: image (the pipeline's own trainer) or built-in (SageMaker's XGBoost)."),
                ConfigKey.of(SERVING_INSTANCE, ConfigType.TEXT, "ml.m5.large", "Instance type of endpoints."),
                ConfigKey.of(WORKGROUP, ConfigType.TEXT, "primary", "Athena's workgroup."),
                ConfigKey.of(DATABASE, ConfigType.TEXT, "isobar", "Athena's database; made when first needed."),
                ConfigKey.of(
                        AGGREGATION,
                        ConfigType.BOOLEAN,
                        "true",
                        "Whether events of one key that are appended together share a record, in the Kinesis Producer Library's form."),
                ConfigKey.of(
                        CONSUMER,
                        ConfigType.TEXT,
                        "polling",
                        "How streams are read: polling, or enhanced-fan-out, which AWS charges for by consumer and shard."),
                ConfigKey.of(OFFLINE_MEMORY, ConfigType.INTEGER, "1024", "Memory for sorting rows here, in megabytes."),
                ConfigKey.of(OFFLINE_THREADS, ConfigType.INTEGER, "2", "Threads for sorting rows here."),
                ConfigKey.of(ONLINE_STORE, ConfigType.TEXT, "dynamodb", "What keeps online state: dynamodb or redis."),
                ConfigKey.optional(
                        ONLINE_REDIS,
                        ConfigType.TEXT,
                        "Address of that Redis: redis://host:6379, rediss:// for TLS; write ${env:NAME} for a password."),
                ConfigKey.of(
                        CBOR,
                        ConfigType.BOOLEAN,
                        "true",
                        "Whether Kinesis is spoken to in CBOR. Emulators may want false; it holds for the whole process, as the SDK has no other switch."),
                ConfigKey.of(
                        RETENTION,
                        ConfigType.DURATION,
                        "24h",
                        "How long streams keep events, 24h to 365d; AWS charges for more than 24h. What has left cannot be audited or replayed."),
                ConfigKey.optional(ENDPOINT, ConfigType.TEXT, "One address for all services, for emulators.")));
        for (AwsService service : AwsService.values()) {
            keys.add(ConfigKey.optional(
                    ENDPOINT + "." + service.key(),
                    ConfigType.TEXT,
                    "Address of " + service.key() + ", for emulators and private endpoints."));
        }
        return List.copyOf(keys);
    }

    static AwsConfig from(String instance, Configuration configuration) {
        List<String> problems = new ArrayList<>();
        String region = required(configuration, REGION, "such as eu-central-1", problems);
        String bucket = required(configuration, BUCKET, "an S3 bucket that exists", problems);
        String prefix = configuration.text(PREFIX).orElse("isobar");
        if (!NAME.matcher(prefix).matches()) {
            problems.add(PREFIX + " is '" + prefix + "', not 1 to 31 of a-z, 0-9 and -");
        }
        Optional<String> keyId = configuration.text(KEY_ID);
        Optional<String> secret = configuration.text(SECRET);
        if (keyId.isPresent() != secret.isPresent()) {
            problems.add(KEY_ID + " and " + SECRET + " belong together; only one of them is set");
        }
        if (keyId.isPresent() && configuration.text(PROFILE).isPresent()) {
            problems.add(PROFILE + " and " + KEY_ID + " exclude each other: an instance has one identity");
        }
        if (configuration.text(EXTERNAL_ID).isPresent()
                && configuration.text(ROLE).isEmpty()) {
            problems.add(EXTERNAL_ID + " is set without " + ROLE);
        }
        String consumer = configuration.text(CONSUMER).orElse("polling");
        if (!consumer.equals("polling") && !consumer.equals(FAN_OUT)) {
            problems.add(CONSUMER + " is '" + consumer + "', neither polling nor " + FAN_OUT);
        }
        long volume = configuration.integer(TRAINING_VOLUME);
        if (volume < 1 || volume > 16_384) {
            problems.add(TRAINING_VOLUME + " is " + volume + ", not 1 to 16384");
        }
        String algorithm = configuration.text(ALGORITHM).orElse("image");
        if (!algorithm.equals("image") && !algorithm.equals("built-in")) {
            problems.add(ALGORITHM + " is '" + algorithm + "', neither image nor built-in");
        }
        long memory = configuration.integer(OFFLINE_MEMORY);
        long threads = configuration.integer(OFFLINE_THREADS);
        if (memory < 64 || memory > 1 << 20) {
            problems.add(OFFLINE_MEMORY + " is " + memory + ", not 64 to 1048576");
        }
        if (threads < 1 || threads > 256) {
            problems.add(OFFLINE_THREADS + " is " + threads + ", not 1 to 256");
        }
        Duration retention = configuration.duration(RETENTION);
        if (retention.toHours() < 24 || retention.toHours() > 8_760) {
            problems.add(RETENTION + " is " + retention + ", not between 24h and 365d");
        }
        Map<AwsService, URI> endpoints = endpoints(configuration, problems);
        String onlineRedis = onlineRedis(configuration, problems);
        Configuration.throwIfAny(problems);
        return new AwsConfig(
                new AwsIdentity(
                        instance,
                        region,
                        configuration.text(PROFILE).orElse(null),
                        keyId.orElse(null),
                        secret.orElse(null),
                        configuration.text(ROLE).orElse(null),
                        configuration.text(EXTERNAL_ID).orElse(null),
                        endpoints),
                bucket,
                prefix,
                configuration.text(EXECUTION_ROLE).orElse(null),
                configuration.text(TRAINING_INSTANCE).orElse("ml.m5.large"),
                configuration.text(SERVING_INSTANCE).orElse("ml.m5.large"),
                Math.toIntExact(volume),
                configuration.flag(SPOT),
                configuration.duration(SPOT_WAIT),
                configuration.duration(POLL_INTERVAL),
                algorithm.equals("image") ? Algorithm.IMAGE : Algorithm.BUILT_IN,
                configuration.text(WORKGROUP).orElse("primary"),
                configuration.text(DATABASE).orElse("isobar"),
                configuration.flag(AGGREGATION),
                consumer.equals(FAN_OUT),
                configuration.flag(CBOR),
                retention,
                memory,
                (int) threads,
                onlineRedis);
    }

    private static @Nullable String onlineRedis(Configuration configuration, List<String> problems) {
        String store = configuration.text(ONLINE_STORE).orElse("dynamodb");
        Optional<String> uri = configuration.text(ONLINE_REDIS);
        switch (store) {
            case "dynamodb" -> {
                if (uri.isPresent()) {
                    problems.add(ONLINE_REDIS + " is set, but " + ONLINE_STORE + " is dynamodb");
                }
            }
            case "redis" -> {
                if (uri.isEmpty()) {
                    problems.add(ONLINE_REDIS + " is not set: the address of Redis, such as rediss://host:6379");
                }
                return uri.orElse(null);
            }
            default -> problems.add(ONLINE_STORE + " is '" + store + "', not dynamodb or redis");
        }
        return null;
    }

    private static String required(Configuration configuration, String key, String what, List<String> problems) {
        return configuration.text(key).orElseGet(() -> {
            problems.add(
                    key + " is not set: " + what + ". `isobar emulators up aws` sets it for emulators on this machine");
            return "";
        });
    }

    private static Map<AwsService, URI> endpoints(Configuration configuration, List<String> problems) {
        Map<AwsService, URI> endpoints = new EnumMap<>(AwsService.class);
        for (AwsService service : AwsService.values()) {
            String own = ENDPOINT + "." + service.key();
            String key = configuration.text(own).isPresent() ? own : ENDPOINT;
            configuration.text(key).ifPresent(text -> {
                try {
                    URI uri = new URI(text);
                    if (uri.getHost() == null
                            || !String.valueOf(uri.getScheme()).startsWith("http")) {
                        problems.add(key + " is '" + text + "', not an address such as http://127.0.0.1:4566");
                    }
                    endpoints.put(service, uri);
                } catch (URISyntaxException e) {
                    problems.add(key + " is '" + text + "', not an address such as http://127.0.0.1:4566");
                }
            });
        }
        return endpoints;
    }
}
