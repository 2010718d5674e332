package dev.isobar.emulator.gcp.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.Clustering;
import com.google.cloud.bigquery.DatasetInfo;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.Job;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.JobStatistics.QueryStatistics;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.QueryParameterValue;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.TableResult;
import com.google.cloud.bigquery.TimePartitioning;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsRequest;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsResponse;
import com.google.cloud.bigquery.storage.v1.Exceptions;
import com.google.cloud.bigquery.storage.v1.FinalizeWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.JsonStreamWriter;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Google's own clients, the generated stubs and a raw HTTP client are the judges. */
@DisplayName("The emulated BigQuery")
class BigQueryEmulatorTest {
    @TempDir
    static Path home;

    private static BigQueryEmulator emulator;
    private static Client client;

    @BeforeAll
    static void start() throws Exception {
        emulator = BigQueryEmulator.start(home.resolve("all"), 0, 0);
        emulator.makeDataset(Client.PROJECT, "eu", "EU");
        client = new Client(emulator.endpoint(), emulator.writeEndpoint());
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        emulator.close();
    }

    private static BigQueryException refused(Runnable call) {
        return catchThrowableOfType(BigQueryException.class, call::run);
    }

    private static Object[] row(Object... values) {
        return values;
    }

    private static AppendRowsResponse answer(Object answer) {
        assertThat(answer).isInstanceOf(AppendRowsResponse.class);
        return (AppendRowsResponse) answer;
    }

    private static BatchCommitWriteStreamsResponse commit(String table, String... streams) {
        return client.write()
                .batchCommitWriteStreams(BatchCommitWriteStreamsRequest.newBuilder()
                        .setParent(table)
                        .addAllWriteStreams(List.of(streams))
                        .build());
    }

    private static long finish(String stream) {
        return client.write()
                .finalizeWriteStream(
                        FinalizeWriteStreamRequest.newBuilder().setName(stream).build())
                .getRowCount();
    }

    @Test
    @DisplayName("keeps what is said of a table, and lets it only get columns that may be null")
    void tables() {
        Schema two =
                Schema.of(Field.of("at", StandardSQLTypeName.TIMESTAMP), Field.of("k", StandardSQLTypeName.STRING));
        StandardTableDefinition definition = StandardTableDefinition.newBuilder()
                .setSchema(two)
                .setTimePartitioning(TimePartitioning.newBuilder(TimePartitioning.Type.DAY)
                        .setField("at")
                        .build())
                .setClustering(Clustering.newBuilder().setFields(List.of("k")).build())
                .build();
        TableId id = TableId.of("eu", "kept");
        TableInfo info =
                TableInfo.newBuilder(id, definition).setLabels(Map.of("a", "b")).build();
        var bigquery = client.bigquery();
        bigquery.create(info);
        assertThat(refused(() -> bigquery.create(info)).getCode()).isEqualTo(409);
        StandardTableDefinition there = bigquery.getTable(id).getDefinition();
        assertThat(there.getTimePartitioning().getField()).isEqualTo("at");
        assertThat(there.getClustering().getFields()).containsExactly("k");
        assertThat(bigquery.getTable(id).getLabels()).containsEntry("a", "b");
        Schema three =
                Schema.of(two.getFields().get(0), two.getFields().get(1), Field.of("n", StandardSQLTypeName.INT64));
        bigquery.update(TableInfo.of(id, StandardTableDefinition.of(three)));
        assertThat(bigquery.getTable(id).getDefinition().getSchema().getFields())
                .hasSize(3);
        for (Schema other : List.of(
                two,
                Schema.of(
                        two.getFields().get(0),
                        Field.of("k", StandardSQLTypeName.INT64),
                        Field.of("n", StandardSQLTypeName.INT64)))) {
            BigQueryException e = refused(() -> bigquery.update(TableInfo.of(id, StandardTableDefinition.of(other))));
            assertThat(e.getMessage()).startsWith("Provided Schema does not match Table project:eu.kept");
        }
        assertThat(bigquery.listTables("eu").iterateAll())
                .anyMatch(t -> t.getTableId().getTable().equals("kept"));
        assertThat(bigquery.delete(id)).isTrue();
        assertThat(bigquery.delete(id)).isFalse();
        assertThat(bigquery.getTable(id)).isNull();
        assertThat(bigquery.getDataset("none")).isNull();
        assertThat(bigquery.create(DatasetInfo.newBuilder("made")
                                .setLocation("us-central1")
                                .build())
                        .getLocation())
                .isEqualTo("us-central1");
        assertThat(bigquery.delete("made")).isTrue();
    }

    @Test
    @DisplayName("takes each row of a stream at its offset and nowhere else")
    void offsets() throws Exception {
        String table = client.table("offsets");
        String stream = client.stream(table, WriteStream.Type.COMMITTED);
        List<Object> answers = client.append(
                Client.request(stream, 0L, Client.PAIR, row("a", 1L), row("b", null)),
                Client.request(stream, 0L, Client.PAIR, row("a", 1L)),
                Client.request(stream, 3L, Client.PAIR, row("d", 4L)),
                Client.request(stream, 2L, Client.PAIR, row("c", 3L)));
        assertThat(answer(answers.get(0)).getAppendResult().getOffset().getValue())
                .isZero();
        assertThat(answer(answers.get(1)).getError().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS.value());
        assertThat(Exceptions.toStorageException(answer(answers.get(1)).getError(), null))
                .isInstanceOf(Exceptions.OffsetAlreadyExists.class);
        assertThat(Exceptions.toStorageException(answer(answers.get(2)).getError(), null))
                .isInstanceOf(Exceptions.OffsetOutOfRange.class)
                .satisfies(e -> assertThat(e.getExpectedOffset()).isEqualTo(2));
        assertThat(answer(answers.get(3)).getAppendResult().getOffset().getValue())
                .isEqualTo(2);
        assertThat(client.rows("SELECT k, n FROM eu.offsets ORDER BY k")).containsExactly("a|1", "b|null", "c|3");
        assertThat(finish(stream)).isEqualTo(3);
        assertThat(finish(stream)).isEqualTo(3);
        List<Object> late = client.append(Client.request(stream, 3L, Client.PAIR, row("d", 4L)));
        assertThat(Exceptions.toStorageException(answer(late.get(0)).getError(), null))
                .isInstanceOf(Exceptions.StreamFinalizedException.class);
    }

    @Test
    @DisplayName("shows the rows of pending streams when they are committed, all of them or none")
    void commits() throws Exception {
        String table = client.table("commits");
        String one = client.stream(table, WriteStream.Type.PENDING);
        String two = client.stream(table, WriteStream.Type.PENDING);
        client.append(Client.request(one, 0L, Client.PAIR, row("one", 1L)));
        client.append(Client.request(two, 0L, Client.PAIR, row("two", 2L)));
        finish(one);
        BatchCommitWriteStreamsResponse refused = commit(table, one, two, table + "/streams/none");
        assertThat(refused.hasCommitTime()).isFalse();
        assertThat(refused.getStreamErrorsList())
                .extracting(com.google.cloud.bigquery.storage.v1.StorageError::getCode)
                .containsExactly(StorageErrorCode.INVALID_STREAM_STATE, StorageErrorCode.STREAM_NOT_FOUND);
        assertThat(client.rows("SELECT COUNT(*) FROM eu.commits")).containsExactly("0");
        finish(two);
        assertThat(commit(table, one, two).hasCommitTime()).isTrue();
        assertThat(client.rows("SELECT k FROM eu.commits ORDER BY k")).containsExactly("one", "two");
        assertThat(commit(table, one).getStreamErrors(0).getCode())
                .isEqualTo(StorageErrorCode.STREAM_ALREADY_COMMITTED);
        assertThat(client.write()
                        .getWriteStream(
                                GetWriteStreamRequest.newBuilder().setName(one).build())
                        .hasCommitTime())
                .isTrue();
    }

    @Test
    @DisplayName("refuses rows that do not fit, and takes none of their append")
    void misfits() throws Exception {
        String table = client.table("misfits");
        String stream = client.stream(table, WriteStream.Type.PENDING);
        AppendRowsResponse missing =
                answer(client.append(Client.request(stream, 0L, Client.PAIR, row("a", 1L), row(null, 2L)))
                        .get(0));
        assertThat(missing.getError().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
        assertThat(missing.getRowErrors(0).getIndex()).isEqualTo(1);
        var time = Client.descriptor(
                "k", FieldDescriptorProto.Type.TYPE_STRING, "at", FieldDescriptorProto.Type.TYPE_INT64);
        assertThat(answer(client.append(Client.request(stream, 0L, time, row("a", Long.MAX_VALUE)))
                                .get(0))
                        .getRowErrors(0)
                        .getMessage())
                .contains("out of range");
        var extra = Client.descriptor(
                "k", FieldDescriptorProto.Type.TYPE_STRING, "other", FieldDescriptorProto.Type.TYPE_INT64);
        var typed = Client.descriptor("k", FieldDescriptorProto.Type.TYPE_INT64);
        var lacking = Client.descriptor("n", FieldDescriptorProto.Type.TYPE_INT64);
        for (Object broken : List.of(
                client.append(Client.request(stream, 0L, extra, row("a", 1L))).get(0),
                client.append(Client.request(stream, 0L, typed, row(1L, null))).get(0),
                client.append(Client.request(stream, 0L, lacking, row(1L))).get(0),
                client.append(Client.request("", 0L, Client.PAIR, row("a", 1L))).get(0))) {
            assertThat(Status.fromThrowable((Throwable) broken).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
        Object unknown = client.append(Client.request(table + "/streams/x", 0L, Client.PAIR, row("a", 1L)))
                .get(0);
        assertThat(Exceptions.toStorageException((Throwable) unknown)).isInstanceOf(Exceptions.StreamNotFound.class);
        StatusRuntimeException none = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.stream("projects/project/datasets/eu/tables/none", WriteStream.Type.PENDING));
        assertThat(none.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(finish(stream)).isZero();
    }

    @Test
    @DisplayName("reads what Google's own writer of JSON makes, over the default stream")
    void json() throws Exception {
        String table = client.table("json");
        try (JsonStreamWriter writer = client.json(table + "/streams/_default", emulator.writeEndpoint())) {
            writer.append(new JSONArray()
                            .put(new JSONObject().put("k", "a").put("n", 1).put("x", 0.5)))
                    .get();
        }
        assertThat(client.rows("SELECT k, n, x, at FROM eu.json")).containsExactly("a|1|0.5|null");
    }

    @Test
    @DisplayName("runs the SQL that it understands, with values to the last bit, and pages")
    void queries() throws Exception {
        String table = client.table("queries");
        String stream = client.stream(table, WriteStream.Type.COMMITTED);
        var all = Client.descriptor(
                "k", FieldDescriptorProto.Type.TYPE_STRING,
                "n", FieldDescriptorProto.Type.TYPE_INT64,
                "x", FieldDescriptorProto.Type.TYPE_DOUBLE,
                "at", FieldDescriptorProto.Type.TYPE_INT64);
        client.append(Client.request(
                stream,
                0L,
                all,
                row("\u00e9", 1L, -0.0, 1L),
                row("z", 2L, Double.NaN, -1L),
                row("\ud83d\ude80", 3L, 0.1, null),
                row("\uffee", null, Double.NEGATIVE_INFINITY, 0L)));
        assertThat(client.rows("SELECT n, FORMAT('%.16e', x) FROM `project.eu.queries` ORDER BY x"))
                .containsExactly("2|nan", "null|-inf", "1|-0.0000000000000000e+00", "3|1.0000000000000001e-01");
        assertThat(client.rows("SELECT k FROM eu.queries ORDER BY k DESC"))
                .containsExactly("\ud83d\ude80", "\uffee", "\u00e9", "z");
        assertThat(
                        client.rows(
                                "SELECT UNIX_MICROS(t.at) AS u, t.n FROM eu.queries AS t WHERE t.at >= TIMESTAMP_MICROS(0) AND NOT (n IS NULL) OR k = 'z' ORDER BY t.n"))
                .containsExactly("1|1", "-1|2");
        var bigquery = client.bigquery();
        TableResult pages = bigquery.query(QueryJobConfiguration.newBuilder(
                        "SELECT k FROM eu.queries WHERE k IN UNNEST(@ks) AND n < @n ORDER BY n")
                .addNamedParameter(
                        "ks", QueryParameterValue.array(new String[] {"z", "\u00e9", "'"}, StandardSQLTypeName.STRING))
                .addNamedParameter("n", QueryParameterValue.int64(3))
                .setMaxResults(1L)
                .build());
        assertThat(pages.getTotalRows()).isEqualTo(2);
        assertThat(pages.iterateAll())
                .extracting(r -> r.get(0).getStringValue())
                .containsExactly("\u00e9", "z");
        Job dry = bigquery.create(JobInfo.of(QueryJobConfiguration.newBuilder("SELECT k, n FROM eu.queries")
                .setDryRun(true)
                .build()));
        // Of 2 + 1 + 4 + 3 characters' bytes and 2 more for each text, and three numbers.
        QueryStatistics cost = dry.getStatistics();
        assertThat(cost.getTotalBytesProcessed()).isEqualTo(10 + 8 + 24);
        JobId id = JobId.newBuilder().setJob("erasure").setLocation("EU").build();
        JobInfo erasure = JobInfo.newBuilder(QueryJobConfiguration.of("DELETE FROM eu.queries WHERE n = 2"))
                .setJobId(id)
                .build();
        QueryStatistics gone = bigquery.create(erasure).waitFor().getStatistics();
        assertThat(gone.getNumDmlAffectedRows()).isEqualTo(1);
        // Google's client takes "Already Exists" for its own job, and gets it.
        QueryStatistics again = bigquery.create(erasure).getStatistics();
        assertThat(again.getNumDmlAffectedRows()).isEqualTo(1);
        assertThat(bigquery.getJob(id).isDone()).isTrue();
        assertThat(client.rows("SELECT COUNT(*) FROM eu.queries")).containsExactly("3");
    }

    @Test
    @DisplayName("refuses what it does not understand, and never guesses")
    void refusals() {
        client.table("refusals");
        for (String sql : List.of(
                "SELEC k FROM eu.refusals",
                "SELECT k, FROM eu.refusals",
                "SELECT other FROM eu.refusals",
                "SELECT k FROM eu.refusals WHERE n = 'a'",
                "SELECT k FROM eu.refusals WHERE n",
                "SELECT k FROM eu.refusals WHERE k = \"a\"",
                "SELECT k FROM eu.refusals WHERE k = 'a' || 'b'",
                "SELECT n + 1 FROM eu.refusals",
                "SELECT k, COUNT(*) FROM eu.refusals",
                "SELECT k FROM eu.refusals, eu.refusals",
                "SELECT k FROM eu.refusals -- all",
                "SELECT CAST(x AS STRING) FROM eu.refusals",
                "SELECT k FROM eu.refusals WHERE n = @absent",
                "SELECT s.k FROM eu.refusals AS t",
                "SELECT k FROM eu.refusals; DROP TABLE eu.refusals",
                "DELETE FROM eu.refusals",
                "INSERT INTO eu.refusals (k) VALUES ('a')",
                "DROP TABLE eu.refusals")) {
            BigQueryException e = refused(() -> client.bigquery().create(JobInfo.of(QueryJobConfiguration.of(sql))));
            assertThat(e).as(sql).isNotNull();
            assertThat(e.getReason()).as(sql).isEqualTo("invalidQuery");
        }
        assertThat(refused(() -> client.bigquery()
                                .create(JobInfo.of(QueryJobConfiguration.of("SELECT k FROM eu.refusals WHERE x = x"))))
                        .getCode())
                .isEqualTo(501);
    }

    @Test
    @DisplayName("runs a job only where its dataset is")
    void places() {
        client.table("places");
        JobInfo american = JobInfo.newBuilder(QueryJobConfiguration.of("SELECT k FROM eu.places"))
                .setJobId(JobId.newBuilder().setLocation("US").build())
                .build();
        BigQueryException e = refused(() -> client.bigquery().create(american));
        assertThat(e.getCode()).isEqualTo(404);
        assertThat(e.getMessage()).isEqualTo("Not found: Dataset project:eu was not found in location US");
        BigQueryException table =
                refused(() -> client.bigquery().create(JobInfo.of(QueryJobConfiguration.of("SELECT k FROM eu.none"))));
        assertThat(table.getMessage()).isEqualTo("Not found: Table project:eu.none was not found in location EU");
    }

    @Test
    @DisplayName("answers a raw client in the service's words")
    void raw() throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        URI base = URI.create(emulator.endpoint() + "/bigquery/v2/projects/project/");
        client.table("raw");
        assertThat(ask(http, base, "GET", "datasets/none", ""))
                .startsWith("404")
                .contains("\"reason\" : \"notFound\"");
        assertThat(ask(http, base, "POST", "jobs", "{not json"))
                .startsWith("400")
                .contains("Parse Error");
        assertThat(ask(http, base, "POST", "jobs", "{}")).startsWith("400").contains("\"reason\" : \"required\"");
        assertThat(ask(http, base, "POST", "queries", "{\"query\":\"SELECT k FROM [eu.raw]\"}"))
                .startsWith("501")
                .contains("legacy SQL");
        assertThat(ask(http, base, "POST", "queries", "{\"useLegacySql\":false,\"query\":\"SELECT k FROM eu.raw\"}"))
                .startsWith("200")
                .contains("\"jobComplete\":true");
        String job =
                "{\"jobReference\":{\"jobId\":\"j\",\"location\":\"EU\"},\"configuration\":{\"query\":{\"useLegacySql\":false,\"query\":\"SELECT k FROM eu.raw\"}}}";
        assertThat(ask(http, base, "POST", "jobs", job)).startsWith("200").contains("\"state\":\"DONE\"");
        assertThat(ask(http, base, "POST", "jobs", job)).startsWith("409").contains("Already Exists: Job project:EU.j");
        assertThat(ask(http, base, "GET", "routines", "")).startsWith("501");
        assertThat(ask(http, base, "GET", "jobs/none", "")).startsWith("404").contains("Job project:none");
        HttpRequest stale = HttpRequest.newBuilder(base.resolve("datasets/eu/tables/raw"))
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"description\":\"d\"}"))
                .header("If-Match", "stale")
                .build();
        assertThat(http.send(stale, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(412);
    }

    private static String ask(HttpClient http, URI base, String method, String path, String body) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(base.resolve(path))
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    @Test
    @DisplayName("remembers after a kill what it has answered for")
    void killed() throws Exception {
        Path folder = home.resolve("killed");
        String table;
        String stream;
        try (BigQueryProcess process = BigQueryProcess.start(folder);
                Client first = new Client(process.rest(), process.write())) {
            table = first.table("survivors");
            String committed = first.stream(table, WriteStream.Type.COMMITTED);
            first.append(Client.request(committed, 0L, Client.PAIR, row("a", 1L)));
            stream = first.stream(table, WriteStream.Type.PENDING);
            first.append(Client.request(stream, 0L, Client.PAIR, row("b", 2L)));
        }
        try (BigQueryEmulator next = BigQueryEmulator.start(folder, 0, 0);
                Client second = new Client(next.endpoint(), next.writeEndpoint())) {
            assertThat(second.rows("SELECT k FROM eu.survivors")).containsExactly("a");
            assertThat(answer(second.append(Client.request(stream, 0L, Client.PAIR, row("b", 2L)))
                                    .get(0))
                            .getError()
                            .getCode())
                    .isEqualTo(Status.Code.ALREADY_EXISTS.value());
            second.write()
                    .finalizeWriteStream(FinalizeWriteStreamRequest.newBuilder()
                            .setName(stream)
                            .build());
            second.write()
                    .batchCommitWriteStreams(BatchCommitWriteStreamsRequest.newBuilder()
                            .setParent(table)
                            .addWriteStreams(stream)
                            .build());
            assertThat(second.rows("SELECT k FROM eu.survivors ORDER BY k")).containsExactly("a", "b");
        }
    }
}
