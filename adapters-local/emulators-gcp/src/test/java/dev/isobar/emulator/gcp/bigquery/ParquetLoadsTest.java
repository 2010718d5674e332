package dev.isobar.emulator.gcp.bigquery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FormatOptions;
import com.google.cloud.bigquery.HivePartitioningOptions;
import com.google.cloud.bigquery.Job;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.JobStatistics.LoadStatistics;
import com.google.cloud.bigquery.LoadJobConfiguration;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.TableId;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Google's own client is the judge. */
@DisplayName("The emulated BigQuery loads")
class ParquetLoadsTest {
    private static final Schema FILE = Schema.of(
            Field.newBuilder("k", StandardSQLTypeName.STRING)
                    .setMode(Field.Mode.REQUIRED)
                    .build(),
            Field.of("n", StandardSQLTypeName.INT64));

    @TempDir
    static Path home;

    private static EmulatorServer storage;
    private static BigQueryEmulator emulator;
    private static Client client;

    @BeforeAll
    static void start() throws Exception {
        StorageService objects = new StorageService(home.resolve("storage"));
        objects.makeBucket("files", Client.PROJECT, "EU");
        storage = EmulatorServer.start(0, objects);
        emulator = BigQueryEmulator.start(home.resolve("all"), 0, 0, storage.uri());
        emulator.makeDataset(Client.PROJECT, "eu", "EU");
        client = new Client(emulator.endpoint(), emulator.writeEndpoint());
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        emulator.close();
        storage.close();
    }

    /** Puts what a query gives into an object, as Parquet. */
    private static String object(String name, String select) throws Exception {
        Path file = home.resolve("rows.parquet");
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            statement.execute("COPY (" + select + ") TO '" + file + "' (FORMAT parquet)");
        }
        put(name, Files.readAllBytes(file));
        return "gs://files/" + name;
    }

    private static void put(String name, byte[] content) throws Exception {
        URI upload =
                storage.uri().resolve("/upload/storage/v1/b/files/o?uploadType=media&name=" + name.replace("/", "%2F"));
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(upload)
                                .POST(HttpRequest.BodyPublishers.ofByteArray(content))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static LoadJobConfiguration.Builder into(String table, String uri) {
        return LoadJobConfiguration.newBuilder(TableId.of("eu", table), uri, FormatOptions.parquet())
                .setCreateDisposition(JobInfo.CreateDisposition.CREATE_NEVER)
                .setWriteDisposition(JobInfo.WriteDisposition.WRITE_APPEND);
    }

    private static Job run(LoadJobConfiguration load, String id) {
        return client.bigquery()
                .create(JobInfo.newBuilder(load)
                        .setJobId(
                                JobId.newBuilder().setJob(id).setLocation("EU").build())
                        .build());
    }

    private static BigQueryError failed(LoadJobConfiguration load, String id) {
        return Objects.requireNonNull(run(load, id).getStatus().getError());
    }

    @Test
    @DisplayName("a file's rows once for a job's id, with a column from the name of a folder")
    void once() throws Exception {
        client.table("once");
        String uri = object("a/x=it's/rows", "SELECT 'a' AS k, -0.0::DOUBLE AS x_file, 7 AS n");
        // The folder's column must not be one of the file's.
        String folder = object(
                "b/k=it's/rows", "SELECT 7 AS n, -0.0::DOUBLE AS x, TIMESTAMPTZ '2026-03-29 01:30:00.000001+00' AS at");
        assertThat(failed(into("once", uri).build(), "extra").getMessage())
                .contains("Cannot add fields (field: x_file)");
        client.bigquery()
                .create(com.google.cloud.bigquery.TableInfo.of(
                        TableId.of("eu", "folders"),
                        com.google.cloud.bigquery.StandardTableDefinition.of(Schema.of(
                                Field.of("k", StandardSQLTypeName.STRING),
                                Field.of("n", StandardSQLTypeName.INT64),
                                Field.of("x", StandardSQLTypeName.FLOAT64),
                                Field.of("at", StandardSQLTypeName.TIMESTAMP)))));
        LoadJobConfiguration load = into("folders", folder)
                .setHivePartitioningOptions(HivePartitioningOptions.newBuilder()
                        .setMode("CUSTOM")
                        .setSourceUriPrefix("gs://files/b/{k:STRING}")
                        .build())
                .build();
        Job job = run(load, "once");
        assertThat(job.getStatus().getError()).isNull();
        LoadStatistics statistics = job.getStatistics();
        assertThat(statistics.getOutputRows()).isEqualTo(1);
        // Told that the job exists, the client looks it up.
        assertThat(run(load, "once").getJobId().getJob()).isEqualTo("once");
        assertThat(client.rows("SELECT t.`k`, t.`n`, FORMAT('%.16e', t.`x`), UNIX_MICROS(t.`at`) FROM `"
                        + Client.PROJECT + ".eu.folders` AS t"))
                .containsExactly("it's|7|-0.0000000000000000e+00|1774747800000001");
        BigQueryException elsewhere = catchThrowableOfType(
                BigQueryException.class,
                () -> run(
                        into("folders", folder)
                                .setHivePartitioningOptions(HivePartitioningOptions.newBuilder()
                                        .setMode("CUSTOM")
                                        .setSourceUriPrefix("gs://files/b/{other:STRING}")
                                        .build())
                                .build(),
                        "elsewhere"));
        assertThat(elsewhere.getCode()).isEqualTo(400);
    }

    @Test
    @DisplayName("into a required column what has a value everywhere, if the job or the file says that it must")
    void required() throws Exception {
        client.table("required");
        // As the files of a backfill, which declare nothing; of a constant DuckDB says that it is there.
        String uri = object("required", "SELECT k, n FROM (VALUES ('a', 1)) AS v(k, n)");
        assertThat(failed(into("required", uri).build(), "mode").getMessage())
                .contains("Field k has changed mode from REQUIRED to NULLABLE");
        assertThat(run(into("required", uri).setSchema(FILE).build(), "said")
                        .getStatus()
                        .getError())
                .isNull();
        String declared = object("declared", "SELECT 'b' AS k, 1 AS n");
        assertThat(failed(into("required", declared).setSchema(FILE).build(), "declared")
                        .getMessage())
                .contains("'n' is specified as NULLABLE in provided schema which does not match REQUIRED");
        String withNull = object("null", "SELECT k, n FROM (VALUES (NULL::VARCHAR, 1)) AS v(k, n)");
        BigQueryError error = failed(into("required", withNull).setSchema(FILE).build(), "null");
        assertThat(error.getReason()).isEqualTo("invalid");
        assertThat(error.getMessage()).contains("Required column 'k'");
        assertThat(client.rows("SELECT COUNT(*) FROM `" + Client.PROJECT + ".eu.required` AS t"))
                .containsExactly("1");
    }

    @Test
    @DisplayName("nothing of what is not there or no Parquet, by a job that failed and keeps its id")
    void bad() throws Exception {
        client.table("bad");
        LoadJobConfiguration missing = into("bad", "gs://files/none").build();
        assertThat(failed(missing, "missing").getReason()).isEqualTo("notFound");
        put("none", Files.readAllBytes(Files.writeString(home.resolve("late"), "late")));
        assertThat(failed(missing, "missing").getReason()).isEqualTo("notFound");
        put("text", "PAR1 it is not PAR1".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(failed(into("bad", "gs://files/text").setSchema(FILE).build(), "text")
                        .getReason())
                .isEqualTo("invalid");
        Job job = Objects.requireNonNull(client.bigquery()
                .getJob(JobId.newBuilder().setJob("text").setLocation("EU").build()));
        assertThat(Objects.requireNonNull(job.getStatus().getError()).getReason())
                .isEqualTo("invalid");
        assertThat(client.rows("SELECT COUNT(*) FROM `" + Client.PROJECT + ".eu.bad` AS t"))
                .containsExactly("0");
        LoadJobConfiguration csv = LoadJobConfiguration.newBuilder(
                        TableId.of("eu", "bad"), "gs://files/text", FormatOptions.csv())
                .build();
        assertThat(catchThrowableOfType(BigQueryException.class, () -> run(csv, "csv"))
                        .getCode())
                .isEqualTo(501);
    }
}
