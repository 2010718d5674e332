package dev.isobar.gcp.bigquery;

import com.google.api.client.http.HttpResponseException;
import com.google.api.client.http.HttpTransport;
import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.retrying.BasicResultRetryAlgorithm;
import com.google.api.gax.retrying.ResultRetryAlgorithm;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.StatusCode;
import com.google.api.gax.rpc.TransportChannel;
import com.google.cloud.RetryOption;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQuery.JobField;
import com.google.cloud.bigquery.BigQuery.JobOption;
import com.google.cloud.bigquery.BigQuery.QueryResultsOption;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.Dataset;
import com.google.cloud.bigquery.FormatOptions;
import com.google.cloud.bigquery.HivePartitioningOptions;
import com.google.cloud.bigquery.Job;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.JobStatistics.LoadStatistics;
import com.google.cloud.bigquery.JobStatistics.QueryStatistics;
import com.google.cloud.bigquery.LoadJobConfiguration;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.QueryParameterValue;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.TableResult;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsRequest;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteClient;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings;
import com.google.cloud.bigquery.storage.v1.ProtoSchema;
import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.cloud.bigquery.storage.v1.StreamWriter;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.cloud.http.HttpTransportOptions;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.bigquery.BigQueryTable.Query;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.client.Repetition;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One dataset, seen by one identity: Google's clients for it. Nothing is called before it is needed; then it is looked once whether the dataset is there and where, and all
 * jobs run there. Every call can be made twice: jobs have ids of ours, streams belong to one writer, so what failed in passing is repeated until the patience is over. Thread
 * safe.
 */
public final class BigQueryDataset implements AutoCloseable {
    private static final int CONNECTIONS = 64;
    private static final int CONFLICT = 409;
    private static final Set<Integer> PASSING = Set.of(429, 500, 502, 503, 504);
    private static final Repetition REPETITION =
            new Repetition(Duration.ofMillis(100), Duration.ofSeconds(10), Duration.ofMinutes(1));
    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(10);

    /** How many appends of a writer are on their way at once, and their bytes. */
    private static final long APPENDS = 16;

    private static final long APPEND_BYTES = 32L << 20;

    /** Rows of a page; BigQuery gives fewer where these are more than 10 MB. */
    private static final long PAGE = 50_000;

    /** How often it is asked whether a load job has ended, and for how long. BigQuery gives one up after six hours. */
    private static final Duration LOOKS_AFTER = Duration.ofMillis(100);

    private static final Duration LOOKS_AFTER_AT_MOST = Duration.ofSeconds(10);
    private static final Duration LOADS_WITHIN = Duration.ofHours(7);

    /** What calls to the Storage Write API are repeated after. */
    private static final Set<StatusCode.Code> AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    /** A table that was just made is not known everywhere at once. */
    private static final Set<StatusCode.Code> AGAIN_ALSO_IF_NEW = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.NOT_FOUND,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    private final GcpClients clients;
    private final String name;
    private final Duration patience;
    private final BigQueryErrors errors;
    private final BigQuery client;
    private final TransportChannel channel;
    private final BigQueryWriteClient streams;
    private final ExecutorService closing;
    private volatile @Nullable String location;

    private BigQueryDataset(GcpClients clients, String name, Duration patience) throws IOException {
        this.clients = clients;
        this.name = name;
        this.patience = patience;
        this.errors = new BigQueryErrors(clients.identity());
        HttpTransport http = clients.connections(CONNECTIONS);
        BigQueryOptions.Builder options = BigQueryOptions.newBuilder()
                .setProjectId(clients.identity().project())
                .setCredentials(clients.credentials(GcpService.BIGQUERY))
                .setRetrySettings(REPETITION.within(patience))
                .setTransportOptions(HttpTransportOptions.newBuilder()
                        .setHttpTransportFactory(() -> http)
                        .build());
        URI endpoint = clients.endpoint(GcpService.BIGQUERY);
        if (endpoint != null) {
            options.setHost(endpoint.toString());
        }
        ResultRetryAlgorithm<?> googles = options.build().getResultRetryAlgorithm();
        this.client =
                options.setResultRetryAlgorithm(repeating(googles)).build().getService();
        CredentialsProvider credentials = clients.credentialsProvider(GcpService.BIGQUERY_STORAGE);
        this.channel = clients.channel(
                GcpService.BIGQUERY_STORAGE,
                clients.channels(
                        GcpService.BIGQUERY_STORAGE, BigQueryWriteSettings.defaultGrpcTransportProviderBuilder()),
                BigQueryWriteSettings.defaultApiClientHeaderProviderBuilder().build(),
                BigQueryWriteSettings.getDefaultEndpoint());
        BigQueryWriteSettings.Builder settings = BigQueryWriteSettings.newBuilder()
                .setTransportChannelProvider(FixedTransportChannelProvider.create((GrpcTransportChannel) channel))
                .setCredentialsProvider(credentials);
        settings.createWriteStreamSettings()
                .setRetrySettings(REPETITION.within(patience))
                .setRetryableCodes(AGAIN_ALSO_IF_NEW);
        settings.getWriteStreamSettings()
                .setRetrySettings(REPETITION.within(patience))
                .setRetryableCodes(AGAIN);
        settings.finalizeWriteStreamSettings()
                .setRetrySettings(REPETITION.within(patience))
                .setRetryableCodes(AGAIN);
        settings.batchCommitWriteStreamsSettings()
                .setRetrySettings(REPETITION.within(patience))
                .setRetryableCodes(AGAIN);
        this.streams = BigQueryWriteClient.create(settings.build());
        this.closing = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "isobar-bigquery-" + instance());
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * The dataset of that name in the identity's project; no call is made. It closes with the clients.
     *
     * @param patience how long a call that failed in passing is repeated in all
     * @throws IsobarException {@code UNAUTHENTICATED} if there are no credentials
     */
    public static BigQueryDataset open(GcpClients clients, String name, Duration patience) {
        try {
            return clients.keep(new BigQueryDataset(clients, name, patience));
        } catch (IOException e) {
            throw new BigQueryErrors(clients.identity()).translate(e, "open", name);
        }
    }

    /** Google's own rule, for our HTTP client too, whose words for a broken connection that rule does not know; nor does it, with 2.62.0, know answers of 5xx. */
    private static ResultRetryAlgorithm<?> repeating(ResultRetryAlgorithm<?> googles) {
        return new BasicResultRetryAlgorithm<>() {
            @Override
            public boolean shouldRetry(Throwable thrown, Object response) {
                for (Throwable e = thrown; e != null; e = e.getCause()) {
                    if (e instanceof HttpResponseException answered && PASSING.contains(answered.getStatusCode())) {
                        return true;
                    }
                }
                return GcpErrors.isBrokenOff(thrown) || googles.shouldRetry(thrown, null);
            }
        };
    }

    String project() {
        return clients.identity().project();
    }

    String instance() {
        return clients.identity().instance();
    }

    String name() {
        return name;
    }

    BigQueryErrors errors() {
        return errors;
    }

    /**
     * Where the dataset is; looked up once.
     *
     * @throws IsobarException {@code INVALID_CONFIGURATION} if there is none, or it is somewhere else than this instance
     */
    String location(String operation, String table) {
        String known = location;
        if (known != null) {
            return known;
        }
        Dataset dataset;
        try {
            dataset = client.getDataset(name);
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
        if (dataset == null) {
            throw errors.noDataset(name, operation, table, null);
        }
        String place = String.valueOf(dataset.getLocation());
        String region = clients.identity().location();
        if (!covers(place, region)) {
            throw errors.elsewhere(name, place, operation, table);
        }
        location = place;
        return place;
    }

    /**
     * Whether a dataset there is in that region, or in the multi-region around it.
     *
     * @see <a href="https://cloud.google.com/bigquery/docs/locations">locations</a>
     */
    static boolean covers(String place, String region) {
        return switch (place.toUpperCase(Locale.ROOT)) {
            case "US" -> region.startsWith("us-");
            // London and Zurich are not in the European Union.
            case "EU" ->
                region.startsWith("europe-") && !region.equals("europe-west2") && !region.equals("europe-west6");
            default -> place.equalsIgnoreCase(region);
        };
    }

    /** Makes a table, unless it is there. */
    void create(TableInfo info, String operation, String table) {
        location(operation, table);
        try {
            client.create(info);
        } catch (BigQueryException e) {
            // Made by somebody else, or by a call of ours whose answer was lost.
            if (e.getCode() != CONFLICT) {
                throw errors.translate(e, operation, table);
            }
        }
    }

    /** Gives a table these columns, which are those it has and more. */
    void extend(TableId id, Schema columns, String operation, String table) {
        try {
            client.update(TableInfo.of(id, StandardTableDefinition.of(columns)));
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
    }

    /** Removes a table, if it is there. */
    void delete(TableId id, String operation, String table) {
        location(operation, table);
        try {
            client.delete(id);
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
    }

    /** Runs a query to its end. */
    TableResult query(Query query, String operation, String table) {
        return run(query, operation, table).result();
    }

    /** Runs a change to its end; returns how many rows it changed. */
    long change(Query query, String operation, String table) {
        Job job = run(query, operation, table).job();
        Job ended;
        try {
            ended = job.reload(JobOption.fields(JobField.STATISTICS));
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
        QueryStatistics statistics = ended.getStatistics();
        Long rows = statistics.getNumDmlAffectedRows();
        return rows == null ? 0 : rows;
    }

    /** Bytes that a query would be billed for, less what clusters save. */
    long estimate(Query query, String operation, String table) {
        String place = location(operation, table);
        try {
            Job dry = client.create(JobInfo.newBuilder(
                            configuration(query).setDryRun(true).build())
                    .setJobId(
                            JobId.newBuilder().setRandomJob().setLocation(place).build())
                    .build());
            QueryStatistics statistics = dry.getStatistics();
            Long bytes = statistics.getTotalBytesProcessed();
            return bytes == null ? 0 : bytes;
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
    }

    /** A job that has ended, and its rows. */
    private record Ended(Job job, TableResult result) {}

    private Ended run(Query query, String operation, String table) {
        // An id of ours: sent twice because an answer was lost, it is still one job.
        JobId id = id("isobar_" + UUID.randomUUID(), operation, table);
        Job job = null;
        try {
            job = start(JobInfo.newBuilder(configuration(query).build())
                    .setJobId(id)
                    .build());
            return new Ended(job, job.getQueryResults(QueryResultsOption.pageSize(PAGE)));
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        } catch (InterruptedException e) {
            if (job != null) {
                job.cancel();
            }
            Thread.currentThread().interrupt();
            throw errors.translate(e, operation, table);
        }
    }

    /** How a load job ended: with so many rows, −1 if it does not say, or with what BigQuery says and none. */
    record Loaded(long rows, @Nullable BigQueryError error) {}

    /** Whether there is, or was not long ago, a load job of that id. */
    boolean knowsJob(String job, String operation, String table) {
        try {
            return client.getJob(id(job, operation, table), JobOption.fields(JobField.STATUS)) != null;
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, table);
        }
    }

    /**
     * Puts a Parquet object's rows into a table, and returns when that has ended. Again, also by another process, is the same job.
     *
     * @param job its id, always the same for this object
     * @param prefix what stands before the folder that is named after the part
     */
    Loaded load(String job, BigQueryTable table, String uri, String prefix, String operation, String name) {
        JobId id = id(job, operation, name);
        LoadJobConfiguration configuration = LoadJobConfiguration.newBuilder(table.id(), uri, FormatOptions.parquet())
                .setCreateDisposition(JobInfo.CreateDisposition.CREATE_NEVER)
                .setWriteDisposition(JobInfo.WriteDisposition.WRITE_APPEND)
                // With types and modes of ours BigQuery need not guess them from a file that declares no column as
                // required, and a local time's is DATETIME.
                .setSchema(table.fileColumns())
                .setHivePartitioningOptions(HivePartitioningOptions.newBuilder()
                        .setMode("CUSTOM")
                        .setSourceUriPrefix(prefix + "{" + BigQueryTable.PART + ":STRING}")
                        .build())
                .setLabels(labels())
                .build();
        try {
            Job ended =
                    ended(start(JobInfo.newBuilder(configuration).setJobId(id).build()));
            if (ended == null) {
                throw errors.error(
                                ErrorCode.UNAVAILABLE,
                                "BigQuery does not know its job " + job + " any more",
                                operation,
                                name)
                        .hint("Run the same command again.")
                        .build();
            }
            BigQueryError error = ended.getStatus().getError();
            LoadStatistics statistics = ended.getStatistics();
            Long rows = statistics.getOutputRows();
            return new Loaded(error != null ? 0 : rows == null ? -1 : rows, error);
        } catch (BigQueryException e) {
            throw errors.translate(e, operation, name);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.translate(e, operation, name);
        }
    }

    /** The job when it has ended, well or not. */
    private @Nullable Job ended(Job started) throws InterruptedException {
        try {
            return started.waitFor(
                    RetryOption.initialRetryDelayDuration(LOOKS_AFTER),
                    RetryOption.maxRetryDelayDuration(LOOKS_AFTER_AT_MOST),
                    RetryOption.totalTimeoutDuration(LOADS_WITHIN));
        } catch (BigQueryException e) {
            // Also thrown for a job that failed, which is an end; that nobody answers is none.
            Job job = client.getJob(started.getJobId());
            if (job == null || job.getStatus().getError() == null) {
                throw e;
            }
            return job;
        }
    }

    private JobId id(String job, String operation, String table) {
        return JobId.newBuilder()
                .setProject(project())
                .setJob(job)
                .setLocation(location(operation, table))
                .build();
    }

    private Job start(JobInfo info) {
        try {
            return client.create(info);
        } catch (BigQueryException e) {
            Job there = e.getCode() == CONFLICT ? client.getJob(info.getJobId()) : null;
            if (there == null) {
                throw e;
            }
            return there;
        }
    }

    private QueryJobConfiguration.Builder configuration(Query query) {
        QueryJobConfiguration.Builder configuration = QueryJobConfiguration.newBuilder(query.sql())
                .setUseLegacySql(false)
                // What was erased may still be in an answer of before.
                .setUseQueryCache(false)
                .setLabels(labels());
        for (Map.Entry<String, QueryParameterValue> parameter :
                query.parameters().entrySet()) {
            configuration.addNamedParameter(parameter.getKey(), parameter.getValue());
        }
        return configuration;
    }

    /** What says whose a job or a table is. */
    Map<String, String> labels() {
        String instance = instance().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "_");
        return Map.of("isobar-instance", instance.length() <= 63 ? instance : instance.substring(0, 63));
    }

    /** A new stream whose rows appear all together when it is committed. */
    String createStream(BigQueryTable table, String operation, String name) {
        location(operation, name);
        try {
            return streams.createWriteStream(
                            table.path(),
                            WriteStream.newBuilder()
                                    .setType(WriteStream.Type.PENDING)
                                    .build())
                    .getName();
        } catch (RuntimeException e) {
            throw errors.translate(e, operation, name);
        }
    }

    /** A way to send rows to a stream. */
    StreamWriter writer(String stream, ProtoSchema schema) {
        try {
            return StreamWriter.newBuilder(stream, streams)
                    .setWriterSchema(schema)
                    .setMaxInflightRequests(APPENDS)
                    .setMaxInflightBytes(APPEND_BYTES)
                    .setMaxRetryDuration(patience)
                    .setRetrySettings(REPETITION.within(patience).toBuilder()
                            .setMaxAttempts(10)
                            .build())
                    .setTraceId("Isobar:" + instance().replaceAll("[^A-Za-z0-9]", "-"))
                    .build();
        } catch (IOException e) {
            throw errors.translate(e, "write", stream);
        }
    }

    /** Closes a writer of which nothing is wanted any more, in its own time: it looks only every tenth of a second whether it is done. */
    void release(StreamWriter writer) {
        closing.execute(writer::close);
    }

    /** Closes a stream for rows; returns how many it has. */
    long finish(String stream, String table) {
        try {
            return streams.finalizeWriteStream(stream).getRowCount();
        } catch (RuntimeException e) {
            throw errors.translate(e, "commit", table);
        }
    }

    /**
     * Makes a stream's rows appear. Again, also by another process, is a success.
     *
     * @return false if BigQuery does not know the stream (any more)
     */
    boolean commit(BigQueryTable table, String stream, String name) {
        BatchCommitWriteStreamsResponse answer;
        try {
            answer = streams.batchCommitWriteStreams(BatchCommitWriteStreamsRequest.newBuilder()
                    .setParent(table.path())
                    .addWriteStreams(stream)
                    .build());
        } catch (NotFoundException e) {
            return false;
        } catch (RuntimeException e) {
            throw errors.translate(e, "commit", name);
        }
        if (answer.hasCommitTime()) {
            return true;
        }
        List<StorageErrorCode> codes =
                answer.getStreamErrorsList().stream().map(StorageError::getCode).toList();
        if (codes.equals(List.of(StorageErrorCode.STREAM_ALREADY_COMMITTED))) {
            return true;
        }
        if (codes.equals(List.of(StorageErrorCode.STREAM_NOT_FOUND))) {
            return false;
        }
        throw errors.error(
                        ErrorCode.INTERNAL,
                        "BigQuery did not commit the stream " + stream + ": " + answer,
                        "commit",
                        name)
                .hint("The service's own message says what it did not accept.")
                .build();
    }

    @Override
    public void close() throws Exception {
        closing.shutdown();
        if (!closing.awaitTermination(CLOSES_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
            // They wait for answers that closing the channel takes from them.
            closing.shutdownNow();
        }
        streams.close();
        channel.close();
    }
}
