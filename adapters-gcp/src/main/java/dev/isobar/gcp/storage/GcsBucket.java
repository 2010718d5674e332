package dev.isobar.gcp.storage;

import com.google.api.client.http.HttpResponse;
import com.google.api.client.http.HttpTransport;
import com.google.api.core.NanoClock;
import com.google.api.gax.retrying.RetrySettings;
import com.google.cloud.RetryHelper;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.Bucket;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BucketField;
import com.google.cloud.storage.Storage.BucketGetOption;
import com.google.cloud.storage.StorageClass;
import com.google.cloud.storage.StorageException;
import com.google.cloud.storage.StorageOptions;
import com.google.cloud.storage.spi.v1.HttpStorageRpc;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * One bucket, seen by one identity: the clients, and what Cloud Storage's errors mean. Nothing is called before it is needed; then it is looked once whether the bucket
 * is there and where. Thread safe.
 */
public final class GcsBucket {
    /** Parts of large files that are under way at once. */
    private static final int PARTS = 4;

    private static final int CONNECTIONS = 64;
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int GONE = 410;
    private static final int ANSWERED_ITSELF = 500;
    private static final int PRECONDITION_FAILED = 412;

    private final GcpClients clients;
    private final String instance;
    private final String name;
    private final String parts;
    private final RetrySettings patience;
    private final StorageOptions options;
    private final Storage client;
    private final ExecutorService composers;
    private volatile boolean seen;
    private volatile boolean composing;

    /**
     * The bucket of that name, reached with these clients, which close it.
     *
     * @param parts first part of the names of what is composed later, ends with {@code /}
     * @param patience how long a failed call is repeated in all
     */
    public GcsBucket(GcpClients clients, String name, String parts, Duration patience) {
        this.clients = clients;
        this.instance = clients.identity().instance();
        this.name = name;
        this.parts = parts;
        this.patience = RetrySettings.newBuilder()
                .setTotalTimeoutDuration(patience)
                .setInitialRetryDelayDuration(Duration.ofMillis(100))
                .setRetryDelayMultiplier(2)
                .setMaxRetryDelayDuration(Duration.ofSeconds(10))
                .setMaxAttempts(0)
                .build();
        HttpTransport http = clients.connections(CONNECTIONS);
        this.composers = Executors.newFixedThreadPool(PARTS, work -> {
            Thread thread = new Thread(work, "isobar-gcs-" + instance);
            thread.setDaemon(true);
            return thread;
        });
        clients.keep(composers::shutdownNow);
        StorageOptions.Builder builder = StorageOptions.http()
                .setProjectId(clients.identity().project())
                .setCredentials(clients.credentials(GcpService.STORAGE))
                .setRetrySettings(this.patience)
                .setStorageRetryStrategy(new Attempts())
                .setTransportOptions(HttpTransportOptions.newBuilder()
                        .setHttpTransportFactory(() -> http)
                        .build());
        URI endpoint = clients.endpoint(GcpService.STORAGE);
        if (endpoint != null) {
            builder.setHost(endpoint.toString());
        }
        this.options = builder.build();
        this.client = clients.keep(options.getService());
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Parts of uploads that were never composed, because a process was killed: they may be removed when nobody uploads. */
    public List<Resource> resources() {
        check("resources", parts);
        List<Resource> found = new ArrayList<>();
        try {
            client.list(name, BlobListOption.prefix(parts), BlobListOption.fields(BlobField.NAME, BlobField.SIZE))
                    .getValues()
                    .forEach(part -> found.add(new Resource(
                            "upload-part",
                            part.getName(),
                            "gs://" + name + "/" + part.getName(),
                            "PRESENT",
                            null,
                            Map.of("bytes", String.valueOf(part.getSize())))));
        } catch (StorageException e) {
            throw failure(e, "resources", parts);
        }
        return found;
    }

    String instance() {
        return instance;
    }

    Storage client() {
        return client;
    }

    /** A way to send a file in parts; its id is nobody else's. */
    Composition composition(String id) {
        return new Composition(client, composers, name, parts + id + "/");
    }

    /** Whether the bucket is one where parts cost nothing when they are removed at once, and can be. */
    boolean isForComposing() {
        return composing;
    }

    /** What is made of an answer while it arrives. */
    interface Reading<T> {
        T of(HttpResponse answer) throws IOException;
    }

    /**
     * Gets an object's content and what the answer says of it, in one call of Google's generated client; the one above it takes two. Tried again as that one's calls
     * are.
     */
    <T> T download(String object, Reading<T> reading) {
        com.google.api.services.storage.Storage generated = ((HttpStorageRpc) options.getRpc()).getStorage();
        try {
            return RetryHelper.runWithRetries(
                    () -> {
                        try {
                            var get = generated.objects().get(name, object);
                            get.setReturnRawInputStream(true);
                            HttpResponse answer = get.executeMedia();
                            try {
                                return reading.of(answer);
                            } finally {
                                answer.disconnect();
                            }
                        } catch (IOException e) {
                            throw StorageException.translate(e);
                        }
                    },
                    patience,
                    new Attempts().getIdempotentHandler(),
                    NanoClock.getDefaultClock());
        } catch (RetryHelper.RetryHelperException e) {
            if (e.getCause() instanceof IsobarException own) {
                throw own;
            }
            throw e.getCause() instanceof StorageException answered
                    ? answered
                    : new StorageException(0, String.valueOf(e.getMessage()), e.getCause());
        }
    }

    /**
     * Looks once whether the bucket is there, and in the right place.
     *
     * @throws IsobarException {@code INVALID_CONFIGURATION} if not
     */
    void check(String operation, String key) {
        if (seen) {
            return;
        }
        try {
            Bucket bucket = client.get(
                    name,
                    BucketGetOption.fields(
                            BucketField.LOCATION,
                            BucketField.LOCATION_TYPE,
                            BucketField.CUSTOM_PLACEMENT_CONFIG,
                            BucketField.STORAGE_CLASS,
                            BucketField.RETENTION_POLICY,
                            BucketField.DEFAULT_EVENT_BASED_HOLD));
            if (bucket == null) {
                throw missing(null, operation, key);
            }
            if (!Places.covers(bucket, clients.identity().location())) {
                throw elsewhere(bucket, operation, key);
            }
            composing = StorageClass.STANDARD.equals(bucket.getStorageClass())
                    && bucket.getRetentionPeriodDuration() == null
                    && !Boolean.TRUE.equals(bucket.getDefaultEventBasedHold());
        } catch (StorageException e) {
            if (e.getCode() != FORBIDDEN) {
                throw failure(e, operation, key);
            }
            // Who may use the objects need not be allowed to see the bucket itself.
            look(operation, key);
        }
        seen = true;
    }

    private void look(String operation, String key) {
        try {
            client.list(name, BlobListOption.pageSize(1), BlobListOption.fields(BlobField.NAME));
        } catch (StorageException e) {
            if (e.getCode() != FORBIDDEN) {
                throw failure(e, operation, key);
            }
            // Then the call itself will say what it may not.
        }
    }

    /** Whether something that the call named does not exist: bucket, object, or upload. */
    static boolean isNotFound(StorageException e) {
        return e.getCode() == NOT_FOUND || e.getCode() == GONE;
    }

    /** Whether Cloud Storage refused because the condition does not hold. */
    static boolean isRefused(StorageException e) {
        return e.getCode() == PRECONDITION_FAILED;
    }

    /** Whether Cloud Storage refused because the content did not arrive with its checksum. */
    static boolean isDamaged(StorageException e) {
        return e.getCode() == BAD_REQUEST && String.valueOf(e.getMessage()).contains("doesn't match calculated");
    }

    /** Whether there is no telling from the error what became of the call. */
    static boolean isUnanswered(StorageException e) {
        return e.getCode() <= 0 || e.getCode() >= ANSWERED_ITSELF;
    }

    /** What Cloud Storage said, in Isobar's words. */
    IsobarException failure(StorageException e, String operation, String key) {
        return e.getCode() == NOT_FOUND && String.valueOf(e.getMessage()).contains("bucket does not exist")
                ? missing(e, operation, key)
                : GcpErrors.translate(e, instance, "ObjectStore", operation, key);
    }

    private IsobarException missing(@Nullable StorageException e, String operation, String key) {
        return IsobarException.of(ErrorCode.INVALID_CONFIGURATION, "There is no bucket " + name)
                .adapter(instance)
                .at("ObjectStore", operation)
                .resource(key)
                .hint("Make it (`" + command(name)
                        + "`), or set `bucket` of this adapter instance to one that exists. Isobar makes no buckets.")
                .cause(e)
                .build();
    }

    private IsobarException elsewhere(Bucket bucket, String operation, String key) {
        String location = clients.identity().location();
        return IsobarException.of(
                        ErrorCode.INVALID_CONFIGURATION,
                        "The bucket " + name + " is not in " + location + " but in "
                                + bucket.getLocation().toLowerCase(Locale.ROOT))
                .adapter(instance)
                .at("ObjectStore", operation)
                .resource(key)
                .hint("Set the bucket's own location as `location` of this adapter instance, or name a bucket there (`"
                        + command("NAME") + "`): jobs and tables must be where their data is.")
                .build();
    }

    private String command(String bucket) {
        return "gcloud storage buckets create gs://" + bucket + " --project "
                + clients.identity().project() + " --location "
                + clients.identity().location();
    }
}
