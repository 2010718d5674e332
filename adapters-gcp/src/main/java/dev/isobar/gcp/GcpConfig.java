package dev.isobar.gcp;

import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.config.Configuration;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.pubsub.PubSubEventStream;
import dev.isobar.gcp.vertex.VertexSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the Google Cloud adapter was told, in the values that its services take. Immutable.
 *
 * @param bucket of the lake; must exist
 * @param prefix of every object's name in the bucket, without slashes at its ends, and of the names of everything that is made
 * @param patience how long a failed call is repeated in all
 * @param composedFrom files of this length and more go up in parts at once. Bytes; 0 for never
 * @param pubsub what the event stream takes
 * @param online what keeps online state
 * @param vertex what training, registry and endpoints take
 * @param dataset of BigQuery, for tables; must exist
 */
record GcpConfig(
        GcpIdentity identity,
        String bucket,
        String prefix,
        Duration patience,
        long composedFrom,
        PubSubEventStream.Settings pubsub,
        Online online,
        VertexSettings vertex,
        String dataset) {
    private static final String PROJECT = "project";
    private static final String LOCATION = "location";
    private static final String BUCKET = "bucket";
    private static final String PREFIX = "prefix";
    private static final String KEY_FILE = "credentials.key-file";
    private static final String FEDERATION_FILE = "credentials.federation-file";
    private static final String IMPERSONATED = "impersonate.service-account";
    private static final String DELEGATES = "impersonate.delegates";
    private static final String PATIENCE = "retry.total";
    private static final String COMPOSED_FROM = "storage.compose-from-mib";
    private static final String RETENTION = "pubsub.retention";
    private static final String EXACTLY_ONCE = "pubsub.exactly-once";
    private static final String DEAD_LETTERS = "pubsub.dead-letter-topic";
    private static final String ONLINE_STORE = "online.store";
    private static final String ONLINE_REDIS = "online.redis.uri";
    private static final String BIGTABLE_INSTANCE = "bigtable.instance";
    private static final String BIGTABLE_PROFILE = "bigtable.app-profile";
    private static final String MACHINE = "vertex.machine-type";
    private static final String SERVING_MACHINE = "vertex.serving-machine-type";
    private static final String SERVICE_ACCOUNT = "vertex.service-account";
    private static final String SPOT = "vertex.spot";
    private static final String SPOT_WAIT = "vertex.max-wait";
    private static final String POLL_INTERVAL = "vertex.poll-interval";
    private static final String OPERATION_PATIENCE = "vertex.operation-patience";
    private static final String SCALING_PERIOD = "vertex.scaling-period";
    private static final String REGISTRY_IMAGE = "vertex.registry-image";
    private static final String DATASET = "bigquery.dataset";
    private static final String ENDPOINT = "endpoint";

    /** Values of {@link #ONLINE_STORE}. */
    private static final String BIGTABLE = "bigtable";

    private static final String REDIS = "redis";

    /** Of a project's id; that of an old one begins with a domain and a colon. */
    private static final Pattern PROJECT_ID = Pattern.compile("([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]");

    private static final Pattern REGION = Pattern.compile("[a-z]+-[a-z]+[0-9]+");
    private static final Pattern ACCOUNT = Pattern.compile("[^@\\s,/]+@[^@\\s,/]+");
    private static final Pattern DATASET_ID = Pattern.compile("[A-Za-z0-9_]{1,1024}");
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,30}");

    private static final Pattern TOPIC = Pattern.compile("[A-Za-z][A-Za-z0-9._~+%-]{2,254}");
    private static final Pattern INSTANCE = Pattern.compile("[a-z][a-z0-9-]{4,31}[a-z0-9]");
    private static final Pattern PROFILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,49}");
    private static final Pattern MACHINE_TYPE = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+){1,3}");
    private static final String LAKE = "/lake/";
    private static final Duration LEAST_RETENTION = Duration.ofMinutes(10);
    private static final Duration MOST_RETENTION = Duration.ofDays(31);

    /** The length of the largest object, 5 TiB. */
    private static final long MAX_MIB = 5L << 20;

    static final List<ConfigKey> KEYS = keys();

    /**
     * What keeps online state: a Redis, or Bigtable.
     *
     * @param redis its address; null for Bigtable
     * @param bigtable the Bigtable instance's id
     * @param appProfile null for the instance's default one
     */
    record Online(
            @Nullable String redis,
            String bigtable,
            @Nullable String appProfile) {}

    private static List<ConfigKey> keys() {
        List<ConfigKey> keys = new ArrayList<>(
                List.of(
                        ConfigKey.optional(PROJECT, ConfigType.TEXT, "The project's id. Required."),
                        ConfigKey.optional(LOCATION, ConfigType.TEXT, "The region, such as europe-west3. Required."),
                        ConfigKey.optional(
                                BUCKET,
                                ConfigType.TEXT,
                                "The Cloud Storage bucket of the lake. It must exist. Required."),
                        ConfigKey.of(
                                PREFIX,
                                ConfigType.TEXT,
                                "isobar",
                                "First part of every object's name and of every resource's name."),
                        ConfigKey.identity(
                                KEY_FILE,
                                "Path of a service account's key. Without it and without federation: Application Default Credentials."),
                        ConfigKey.identity(
                                FEDERATION_FILE,
                                "Path of a credential configuration of workload identity federation (from AWS, Azure or OIDC)."),
                        ConfigKey.identity(IMPERSONATED, "E-mail of a service account to act as with that identity."),
                        ConfigKey.identity(
                                DELEGATES,
                                "E-mails of the service accounts between, comma separated, if that takes a chain."),
                        ConfigKey.of(
                                PATIENCE,
                                ConfigType.DURATION,
                                "1m",
                                "How long a call that failed in passing is repeated in all, if it may be."),
                        ConfigKey.of(
                                COMPOSED_FROM,
                                ConfigType.INTEGER,
                                "512",
                                "MiB from which files go up in parts at once that are then composed, where the bucket's class and policies allow it; 0 for never.")));
        keys.add(ConfigKey.of(
                RETENTION,
                ConfigType.DURATION,
                "7d",
                "How long new streams keep their events: 10 minutes to 31 days."));
        keys.add(
                ConfigKey.of(
                        EXACTLY_ONCE,
                        ConfigType.BOOLEAN,
                        "false",
                        "Whether readers' subscriptions deliver exactly once: slower, and dearer; nothing is read twice without it either."));
        keys.add(
                ConfigKey.optional(
                        DEAD_LETTERS,
                        ConfigType.TEXT,
                        "Topic for messages of a stream that cannot be read. It must exist. Without it a reader that meets one fails."));
        keys.add(ConfigKey.of(ONLINE_STORE, ConfigType.TEXT, BIGTABLE, "What keeps online state: bigtable or redis."));
        keys.add(
                ConfigKey.optional(
                        ONLINE_REDIS,
                        ConfigType.TEXT,
                        "Address of that Redis, such as one of Memorystore: redis://host:6379, rediss:// for TLS; write ${env:NAME} for a password."));
        keys.add(ConfigKey.of(
                BIGTABLE_INSTANCE,
                ConfigType.TEXT,
                "isobar",
                "The Bigtable instance of online state. It must exist; the table is made."));
        keys.add(
                ConfigKey.optional(
                        BIGTABLE_PROFILE,
                        ConfigType.TEXT,
                        "Its application profile, with single-cluster routing and single-row transactions. Without it, the instance's default one."));
        keys.addAll(vertexKeys());
        keys.add(
                ConfigKey.optional(
                        DATASET,
                        ConfigType.TEXT,
                        "BigQuery dataset of the tables. It must exist, in `location` or the multi-region around it. Without it: the prefix, with _ for -."));
        for (GcpService service : GcpService.values()) {
            keys.add(
                    ConfigKey.optional(
                            ENDPOINT + "." + service.key(),
                            ConfigType.TEXT,
                            "Address of " + service.key()
                                    + ": http:// for an emulator, which gets no credentials, https:// for a private endpoint."));
        }
        return List.copyOf(keys);
    }

    private static List<ConfigKey> vertexKeys() {
        return List.of(
                ConfigKey.of(MACHINE, ConfigType.TEXT, "n1-standard-4", "Machine type of training jobs on Vertex AI."),
                ConfigKey.of(
                        SERVING_MACHINE,
                        ConfigType.TEXT,
                        "n1-standard-2",
                        "Machine type of an endpoint's replicas on Vertex AI."),
                ConfigKey.optional(
                        SERVICE_ACCOUNT,
                        ConfigType.TEXT,
                        "E-mail of the service account that trainers and servers run as: it must read and write the lake's bucket. Without it Vertex AI's own."),
                ConfigKey.of(
                        SPOT,
                        ConfigType.BOOLEAN,
                        "false",
                        "Whether training runs on spot machines, which may be taken away."),
                ConfigKey.of(SPOT_WAIT, ConfigType.DURATION, "1h", "How long training waits for a spot machine."),
                ConfigKey.of(
                        POLL_INTERVAL,
                        ConfigType.DURATION,
                        "5s",
                        "The shortest time between two questions about one job, operation or endpoint."),
                ConfigKey.of(
                        SCALING_PERIOD,
                        ConfigType.DURATION,
                        "1m",
                        "How long requests' times are looked at before replicas are added; servers publish them once a minute."),
                ConfigKey.of(
                        OPERATION_PATIENCE,
                        ConfigType.DURATION,
                        "45m",
                        "How long a call waits for an operation of Vertex AI that it cannot do without."),
                ConfigKey.optional(
                        REGISTRY_IMAGE,
                        ConfigType.TEXT,
                        "Image that versions in the Model Registry name as their server. Without it Google's own for XGBoost. Endpoints have the server's image."));
    }

    /** What was configured; all that is wrong with it together, as {@code INVALID_CONFIGURATION}. */
    static GcpConfig from(String instance, Configuration configuration) {
        List<String> problems = new ArrayList<>();
        GcpIdentity identity = identity(instance, configuration, problems);
        String bucket = required(configuration, BUCKET, "a Cloud Storage bucket that exists", problems);
        String prefix = text(configuration, PREFIX);
        if (!NAME.matcher(prefix).matches()) {
            problems.add(PREFIX + " is '" + prefix + "', not a letter and up to 30 of a-z, 0-9 and -");
        }
        long composedFrom = configuration.integer(COMPOSED_FROM);
        if (composedFrom < 0 || composedFrom > MAX_MIB) {
            problems.add(COMPOSED_FROM + " is " + composedFrom + ", not 0 to " + MAX_MIB);
        }
        GcpConfig config = new GcpConfig(
                identity,
                bucket,
                prefix,
                configuration.duration(PATIENCE),
                composedFrom << 20,
                pubsub(configuration, identity, prefix, problems),
                online(configuration, problems),
                vertex(configuration, bucket, prefix, problems),
                dataset(configuration, prefix, problems));
        Configuration.throwIfAny(problems);
        return config;
    }

    private static PubSubEventStream.Settings pubsub(
            Configuration configuration, GcpIdentity identity, String prefix, List<String> problems) {
        Duration retention = configuration.duration(RETENTION);
        if (retention.compareTo(LEAST_RETENTION) < 0 || retention.compareTo(MOST_RETENTION) > 0) {
            problems.add(RETENTION + " is " + retention + ", not 10 minutes to 31 days");
        }
        Optional<String> deadLetters = configuration.text(DEAD_LETTERS);
        deadLetters
                .filter(topic -> !TOPIC.matcher(topic).matches())
                .ifPresent(topic -> problems.add(DEAD_LETTERS + " is '" + topic
                        + "', not the name of a topic (3 to 255 letters, digits and - . _ ~ + %, the first a letter)"));
        return new PubSubEventStream.Settings(
                prefix,
                identity.location(),
                retention,
                configuration.flag(EXACTLY_ONCE),
                deadLetters
                        .map(topic -> "projects/" + identity.project() + "/topics/" + topic)
                        .orElse(null),
                PubSubEventStream.Settings.WAITING_MESSAGES,
                PubSubEventStream.Settings.WAITING_BYTES);
    }

    private static Online online(Configuration configuration, List<String> problems) {
        String store = text(configuration, ONLINE_STORE);
        Optional<String> redis = configuration.text(ONLINE_REDIS);
        if (!store.equals(BIGTABLE) && !store.equals(REDIS)) {
            problems.add(ONLINE_STORE + " is '" + store + "', not " + BIGTABLE + " or " + REDIS);
        } else if (store.equals(REDIS) && redis.isEmpty()) {
            problems.add(ONLINE_REDIS + " is not set: the address of Redis, such as rediss://host:6379");
        } else if (store.equals(BIGTABLE) && redis.isPresent()) {
            problems.add(ONLINE_REDIS + " is set, but " + ONLINE_STORE + " is not " + REDIS);
        }
        String instance = text(configuration, BIGTABLE_INSTANCE);
        if (!INSTANCE.matcher(instance).matches()) {
            problems.add(BIGTABLE_INSTANCE + " is '" + instance
                    + "', not the id of a Bigtable instance (6 to 33 of a-z, 0-9 and -, the first a letter)");
        }
        Optional<String> profile = configuration.text(BIGTABLE_PROFILE);
        profile.filter(id -> !PROFILE.matcher(id).matches())
                .ifPresent(id -> problems.add(BIGTABLE_PROFILE + " is '" + id
                        + "', not the id of an application profile (1 to 50 letters, digits and _ . -)"));
        return new Online(redis.orElse(null), instance, profile.orElse(null));
    }

    private static VertexSettings vertex(
            Configuration configuration, String bucket, String prefix, List<String> problems) {
        for (String key : List.of(MACHINE, SERVING_MACHINE)) {
            if (!MACHINE_TYPE.matcher(text(configuration, key)).matches()) {
                problems.add(key + " is '" + text(configuration, key) + "', not a machine type such as n1-standard-4");
            }
        }
        Optional<String> account = configuration.text(SERVICE_ACCOUNT);
        account.ifPresent(a -> checkAccount(SERVICE_ACCOUNT, a, problems));
        return new VertexSettings(
                bucket,
                prefix + LAKE,
                prefix,
                text(configuration, MACHINE),
                text(configuration, SERVING_MACHINE),
                account.orElse(null),
                configuration.flag(SPOT),
                configuration.duration(SPOT_WAIT),
                configuration.duration(POLL_INTERVAL),
                configuration.duration(OPERATION_PATIENCE),
                configuration.duration(SCALING_PERIOD),
                configuration.text(REGISTRY_IMAGE).orElse(null));
    }

    private static String dataset(Configuration configuration, String prefix, List<String> problems) {
        String dataset = configuration.text(DATASET).orElse(prefix.replace('-', '_'));
        if (!DATASET_ID.matcher(dataset).matches()
                && configuration.text(DATASET).isPresent()) {
            problems.add(DATASET + " is '" + dataset + "', not the name of a dataset (letters, digits and _)");
        }
        return dataset;
    }

    /** First part of the names of the objects that say which parts tables have, with the last slash. */
    String tables() {
        return prefix + "/tables/";
    }

    /** First part of the names of the objects that hold commits, with the last slash. */
    String commits() {
        return prefix + "/commits/";
    }

    /** First part of the names of the lake's objects, with the last slash. */
    String lake() {
        return prefix + LAKE;
    }

    /** First part of the names of parts of uploads that are not composed yet, with the last slash. */
    String parts() {
        return prefix + "/parts/";
    }

    private static GcpIdentity identity(String instance, Configuration configuration, List<String> problems) {
        String project = required(configuration, PROJECT, "the project's id, such as my-project", problems);
        if (!project.isEmpty() && !PROJECT_ID.matcher(project).matches()) {
            problems.add(PROJECT + " is '" + project + "', not a project's id (6 to 30 of a-z, 0-9 and -)");
        }
        String location = required(configuration, LOCATION, "a region such as europe-west3", problems);
        if (!location.isEmpty() && !REGION.matcher(location).matches()) {
            problems.add(LOCATION + " is '" + location + "', not a region such as europe-west3");
        }
        Optional<Path> keyFile = configuration.text(KEY_FILE).map(Path::of);
        Optional<Path> federation = configuration.text(FEDERATION_FILE).map(Path::of);
        if (keyFile.isPresent() && federation.isPresent()) {
            problems.add(KEY_FILE + " and " + FEDERATION_FILE + " exclude each other: an instance has one identity");
        }
        Optional<String> impersonated = configuration.text(IMPERSONATED);
        impersonated.ifPresent(account -> checkAccount(IMPERSONATED, account, problems));
        List<String> delegates = configuration.text(DELEGATES).stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .map(String::trim)
                .toList();
        delegates.forEach(account -> checkAccount(DELEGATES, account, problems));
        if (!delegates.isEmpty() && impersonated.isEmpty()) {
            problems.add(DELEGATES + " is set without " + IMPERSONATED);
        }
        return new GcpIdentity(
                instance,
                project,
                location,
                keyFile.orElse(null),
                federation.orElse(null),
                impersonated.orElse(null),
                delegates,
                endpoints(configuration, problems));
    }

    private static void checkAccount(String key, String account, List<String> problems) {
        if (!ACCOUNT.matcher(account).matches()) {
            problems.add(key + " names '" + account
                    + "', not a service account such as name@project.iam.gserviceaccount.com");
        }
    }

    /** The text of a key that has a default. */
    private static String text(Configuration configuration, String key) {
        return configuration.text(key).orElseThrow();
    }

    private static String required(Configuration configuration, String key, String what, List<String> problems) {
        return configuration.text(key).orElseGet(() -> {
            problems.add(
                    key + " is not set: " + what + ". `isobar emulators up gcp` sets it for emulators on this machine");
            return "";
        });
    }

    private static Map<GcpService, URI> endpoints(Configuration configuration, List<String> problems) {
        Map<GcpService, URI> endpoints = new EnumMap<>(GcpService.class);
        for (GcpService service : GcpService.values()) {
            address(configuration, ENDPOINT + "." + service.key(), problems)
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
            boolean known = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (uri.getHost() != null && known) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // Said below, like all that is no address.
        }
        problems.add(key + " is '" + text + "', not an address such as http://127.0.0.1:9199");
        return Optional.empty();
    }
}
