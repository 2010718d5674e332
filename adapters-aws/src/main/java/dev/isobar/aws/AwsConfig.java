package dev.isobar.aws;

import dev.isobar.aws.athena.AthenaOfflineStore;
import dev.isobar.aws.client.AwsIdentity;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.kinesis.KinesisEventStream;
import dev.isobar.aws.sagemaker.SageMakerSettings;
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
 * What the AWS adapter was told, in the values that its services take. Immutable.
 *
 * @param bucket of the lake; must exist
 * @param prefix of every key in the bucket, without slashes at its ends, and of the names of everything that is made
 * @param kinesisCbor whether Kinesis is spoken to in CBOR, else in JSON
 * @param onlineRedis address of the Redis that keeps online state; null for DynamoDB
 */
record AwsConfig(
        AwsIdentity identity,
        String bucket,
        String prefix,
        KinesisEventStream.Settings kinesis,
        boolean kinesisCbor,
        AthenaOfflineStore.Settings athena,
        @Nullable String onlineRedis,
        SageMakerSettings sageMaker) {
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

    private static final String ONLINE_STORE = "online.store";
    private static final String ONLINE_REDIS = "online.redis.uri";

    // What keys with two possible values may say.
    private static final String POLLING = "polling";
    private static final String FAN_OUT = "enhanced-fan-out";
    private static final String IMAGE = "image";
    private static final String BUILT_IN = "built-in";
    private static final String DYNAMODB = "dynamodb";
    private static final String REDIS = "redis";

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
                        IMAGE,
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
                        POLLING,
                        "How streams are read: polling, or enhanced-fan-out, which AWS charges for by consumer and shard."),
                ConfigKey.of(OFFLINE_MEMORY, ConfigType.INTEGER, "1024", "Memory for sorting rows here, in megabytes."),
                ConfigKey.of(OFFLINE_THREADS, ConfigType.INTEGER, "2", "Threads for sorting rows here."),
                ConfigKey.of(ONLINE_STORE, ConfigType.TEXT, DYNAMODB, "What keeps online state: dynamodb or redis."),
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

    /** What was configured; all that is wrong with it together, as {@code INVALID_CONFIGURATION}. */
    static AwsConfig from(String instance, Configuration configuration) {
        List<String> problems = new ArrayList<>();
        AwsIdentity identity = identity(instance, configuration, problems);
        String bucket = required(configuration, BUCKET, "an S3 bucket that exists", problems);
        String prefix = text(configuration, PREFIX);
        if (!NAME.matcher(prefix).matches()) {
            problems.add(PREFIX + " is '" + prefix + "', not 1 to 31 of a-z, 0-9 and -");
        }
        AwsConfig config = new AwsConfig(
                identity,
                bucket,
                prefix,
                kinesis(instance, prefix, configuration, problems),
                configuration.flag(CBOR),
                athena(instance, inBucket(bucket, tables(prefix)), configuration, problems),
                onlineRedis(configuration, problems),
                sageMaker(identity, prefix, inBucket(bucket, lake(prefix)), configuration, problems));
        Configuration.throwIfAny(problems);
        return config;
    }

    /** First part of the keys of the lake's objects, with the last slash. */
    String lake() {
        return lake(prefix);
    }

    /** First part of the keys of what belongs to tables, with the last slash. */
    String tables() {
        return tables(prefix);
    }

    private static String lake(String prefix) {
        return prefix + "/lake/";
    }

    private static String tables(String prefix) {
        return prefix + "/tables/";
    }

    private static String inBucket(String bucket, String key) {
        return "s3://" + bucket + "/" + key;
    }

    private static AwsIdentity identity(String instance, Configuration configuration, List<String> problems) {
        String region = required(configuration, REGION, "such as eu-central-1", problems);
        Optional<String> keyId = configuration.text(KEY_ID);
        Optional<String> secret = configuration.text(SECRET);
        if (keyId.isPresent() != secret.isPresent()) {
            problems.add(KEY_ID + " and " + SECRET + " belong together; only one of them is set");
        }
        Optional<String> profile = configuration.text(PROFILE);
        if (keyId.isPresent() && profile.isPresent()) {
            problems.add(PROFILE + " and " + KEY_ID + " exclude each other: an instance has one identity");
        }
        Optional<String> role = configuration.text(ROLE);
        Optional<String> externalId = configuration.text(EXTERNAL_ID);
        if (externalId.isPresent() && role.isEmpty()) {
            problems.add(EXTERNAL_ID + " is set without " + ROLE);
        }
        return new AwsIdentity(
                instance,
                region,
                profile.orElse(null),
                keyId.orElse(null),
                secret.orElse(null),
                role.orElse(null),
                externalId.orElse(null),
                endpoints(configuration, problems));
    }

    private static KinesisEventStream.Settings kinesis(
            String instance, String prefix, Configuration configuration, List<String> problems) {
        Duration retention = configuration.duration(RETENTION);
        if (retention.toHours() < 24 || retention.toHours() > 8_760) {
            problems.add(RETENTION + " is " + retention + ", not between 24h and 365d");
        }
        return new KinesisEventStream.Settings(
                instance,
                prefix,
                configuration.flag(AGGREGATION),
                either(configuration, CONSUMER, POLLING, FAN_OUT, problems).equals(FAN_OUT),
                retention);
    }

    private static AthenaOfflineStore.Settings athena(
            String instance, String uri, Configuration configuration, List<String> problems) {
        return new AthenaOfflineStore.Settings(
                instance,
                uri,
                text(configuration, WORKGROUP),
                text(configuration, DATABASE),
                within(configuration, OFFLINE_MEMORY, 64, 1 << 20, problems),
                within(configuration, OFFLINE_THREADS, 1, 256, problems));
    }

    private static SageMakerSettings sageMaker(
            AwsIdentity identity, String prefix, String lake, Configuration configuration, List<String> problems) {
        return new SageMakerSettings(
                identity.instance(),
                prefix,
                identity.region(),
                identity.endpoints().get(AwsService.SAGEMAKER_RUNTIME),
                lake,
                configuration.text(EXECUTION_ROLE).orElse(null),
                text(configuration, TRAINING_INSTANCE),
                text(configuration, SERVING_INSTANCE),
                within(configuration, TRAINING_VOLUME, 1, 16_384, problems),
                configuration.flag(SPOT),
                configuration.duration(SPOT_WAIT),
                configuration.duration(POLL_INTERVAL),
                either(configuration, ALGORITHM, IMAGE, BUILT_IN, problems).equals(BUILT_IN)
                        ? Algorithm.BUILT_IN
                        : Algorithm.IMAGE);
    }

    private static @Nullable String onlineRedis(Configuration configuration, List<String> problems) {
        boolean redis =
                either(configuration, ONLINE_STORE, DYNAMODB, REDIS, problems).equals(REDIS);
        Optional<String> uri = configuration.text(ONLINE_REDIS);
        if (redis && uri.isEmpty()) {
            problems.add(ONLINE_REDIS + " is not set: the address of Redis, such as rediss://host:6379");
        }
        if (!redis && uri.isPresent()) {
            problems.add(ONLINE_REDIS + " is set, but " + ONLINE_STORE + " is not " + REDIS);
        }
        return uri.orElse(null);
    }

    /** The text of a key that has a default. */
    private static String text(Configuration configuration, String key) {
        return configuration.text(key).orElseThrow();
    }

    /** A text that must be one of two. */
    private static String either(
            Configuration configuration, String key, String one, String other, List<String> problems) {
        String text = text(configuration, key);
        if (!text.equals(one) && !text.equals(other)) {
            problems.add(key + " is '" + text + "', neither " + one + " nor " + other);
        }
        return text;
    }

    /** A number that must lie in a range; its lower end if it does not. */
    private static int within(Configuration configuration, String key, int least, int most, List<String> problems) {
        long number = configuration.integer(key);
        if (number < least || number > most) {
            problems.add(key + " is " + number + ", not " + least + " to " + most);
            return least;
        }
        return (int) number;
    }

    private static String required(Configuration configuration, String key, String what, List<String> problems) {
        return configuration.text(key).orElseGet(() -> {
            problems.add(
                    key + " is not set: " + what + ". `isobar emulators up aws` sets it for emulators on this machine");
            return "";
        });
    }

    private static Map<AwsService, URI> endpoints(Configuration configuration, List<String> problems) {
        Optional<URI> all = address(configuration, ENDPOINT, problems);
        Map<AwsService, URI> endpoints = new EnumMap<>(AwsService.class);
        for (AwsService service : AwsService.values()) {
            address(configuration, ENDPOINT + "." + service.key(), problems)
                    .or(() -> all)
                    .ifPresent(uri -> endpoints.put(service, uri));
        }
        return endpoints;
    }

    private static Optional<URI> address(Configuration configuration, String key, List<String> problems) {
        String text = configuration.text(key).orElse(null);
        if (text == null) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && String.valueOf(uri.getScheme()).startsWith("http")) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // Said below, like all that is no address.
        }
        problems.add(key + " is '" + text + "', not an address such as http://127.0.0.1:4566");
        return Optional.empty();
    }
}
