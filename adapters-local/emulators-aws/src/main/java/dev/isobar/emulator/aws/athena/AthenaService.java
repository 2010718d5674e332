package dev.isobar.emulator.aws.athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.athena.Catalog.Table;
import dev.isobar.emulator.aws.athena.Statement.CreateDatabase;
import dev.isobar.emulator.aws.athena.Statement.CreateTable;
import dev.isobar.emulator.aws.athena.Statement.DropDatabase;
import dev.isobar.emulator.aws.athena.Statement.DropTable;
import dev.isobar.emulator.aws.athena.Statement.Select;
import dev.isobar.emulator.aws.athena.Statement.Unload;
import dev.isobar.emulator.aws.wire.JsonService;
import dev.isobar.emulator.aws.wire.ServiceError;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Athena: StartQueryExecution, GetQueryExecution, BatchGetQueryExecution, ListQueryExecutions, StopQueryExecution, GetQueryResults, GetWorkGroup, GetTableMetadata. One
 * workgroup, {@code primary}, which prescribes nothing. The catalog outlives the process; executions do not. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html">API reference</a>
 */
public final class AthenaService extends JsonService implements AutoCloseable {
    private static final int MAX_STATEMENT = 262_144;
    private static final int MAX_ROWS = 1_000;
    private static final String WORKGROUP = "primary";

    private final Catalog catalog;
    private final S3Files objects;
    private final Engine engine;
    private final ExecutorService workers;
    private final Map<String, Execution> executions = new ConcurrentHashMap<>();
    private final Map<String, Execution> byToken = new ConcurrentHashMap<>();

    /** A query on its way. */
    private static final class Execution {
        final String id = UUID.randomUUID().toString();
        final String sql;
        final String database;
        final String output;
        final Instant submitted = Instant.now();
        String state = "QUEUED";
        String type = "DML";

        @Nullable
        String reason;

        int category;

        @Nullable
        Instant completed;

        Engine.@Nullable Result result;

        Execution(String sql, String database, String output) {
            this.sql = sql;
            this.database = database;
            this.output = output;
        }

        synchronized boolean begin() {
            boolean mine = state.equals("QUEUED");
            state = mine ? "RUNNING" : state;
            return mine;
        }

        synchronized void end(String how, @Nullable String why, int whose) {
            if (completed == null) {
                state = how;
                reason = why;
                category = whose;
                completed = Instant.now();
            }
        }
    }

    /**
     * Over a folder and an S3.
     *
     * @param home for the catalog and copies of objects
     */
    public AthenaService(Path home, URI s3, String region) throws IOException {
        super("AmazonAthena");
        this.catalog = new Catalog(home);
        this.objects = new S3Files(s3, region, home.resolve("cache"));
        this.engine = new Engine(catalog, objects, home.resolve("tmp"));
        this.workers = Executors.newFixedThreadPool(4, new DefaultThreadFactory("athena-emulator", true));
        operation("StartQueryExecution", this::start);
        operation("GetQueryExecution", this::get);
        operation("BatchGetQueryExecution", this::batchGet);
        operation("ListQueryExecutions", this::list);
        operation("StopQueryExecution", this::stop);
        operation("GetQueryResults", this::results);
        operation("GetWorkGroup", this::workGroup);
        operation("GetTableMetadata", this::table);
    }

    @Override
    public void close() {
        workers.shutdownNow();
        objects.close();
    }

    private ObjectNode start(ObjectNode input) {
        String sql = required(input, "QueryString");
        if (sql.isEmpty() || sql.getBytes(StandardCharsets.UTF_8).length > MAX_STATEMENT) {
            throw invalid("QueryString has 1 to " + MAX_STATEMENT + " bytes");
        }
        checkWorkGroup(input.path("WorkGroup").asText(WORKGROUP));
        String output = input.path("ResultConfiguration").path("OutputLocation").asText("");
        if (output.isEmpty()) {
            throw invalid(
                    "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.");
        }
        if (!output.matches("s3://[^/]+/.*")) {
            throw invalid("outputLocation is not a valid S3 path.");
        }
        String database = input.path("QueryExecutionContext").path("Database").asText("default");
        Execution execution = new Execution(sql, database, output.endsWith("/") ? output : output + "/");
        String token = input.path("ClientRequestToken").asText(null);
        if (token != null) {
            if (token.length() < 32 || token.length() > 128) {
                throw invalid("ClientRequestToken has 32 to 128 characters");
            }
            Execution before = byToken.putIfAbsent(token, execution);
            if (before != null) {
                if (!before.sql.equals(sql) || !before.database.equals(database)) {
                    throw invalid("Idempotent parameters do not match");
                }
                return object().put("QueryExecutionId", before.id);
            }
        }
        executions.put(execution.id, execution);
        workers.execute(() -> run(execution));
        return object().put("QueryExecutionId", execution.id);
    }

    private void run(Execution execution) {
        if (!execution.begin()) {
            return;
        }
        try {
            execute(execution, Statement.parse(execution.sql));
            execution.end("SUCCEEDED", null, 0);
        } catch (QueryFailure e) {
            execution.end("FAILED", e.getMessage(), e.category());
        } catch (SdkException e) {
            execution.end("FAILED", String.valueOf(e.getMessage()), QueryFailure.USER);
        } catch (RuntimeException e) {
            execution.end("FAILED", "GENERIC_INTERNAL_ERROR: " + e, QueryFailure.SYSTEM);
        }
    }

    private void execute(Execution execution, Statement statement) {
        execution.type = statement instanceof Select || statement instanceof Unload ? "DML" : "DDL";
        String result = execution.output + execution.id;
        if (statement instanceof CreateDatabase create) {
            catalog.createDatabase(create.name(), create.ifNotExists());
        } else if (statement instanceof DropDatabase drop) {
            catalog.dropDatabase(drop.name(), drop.ifExists());
        } else if (statement instanceof CreateTable create) {
            catalog.createTable(
                    database(create.name(), execution),
                    create.name().table(),
                    new Table(new LinkedHashMap<>(create.columns()), create.location()),
                    create.ifNotExists());
        } else if (statement instanceof DropTable drop) {
            catalog.dropTable(database(drop.name(), execution), drop.name().table(), drop.ifExists());
        } else if (statement instanceof Select select) {
            Engine.Result rows = engine.select(select, execution.database);
            execution.result = rows;
            objects.write(result + ".csv", csv(rows), Map.of());
        } else if (statement instanceof Unload unload) {
            List<String> written = engine.unload(unload, execution.database);
            objects.write(result + "-manifest.csv", String.join("\n", written), Map.of());
        }
        if (execution.type.equals("DDL")) {
            objects.write(result + ".txt", "", Map.of());
        }
    }

    private static String database(Statement.Name name, Execution execution) {
        return name.database() == null ? execution.database : name.database();
    }

    private static String csv(Engine.Result result) {
        StringBuilder csv = new StringBuilder(line(result.labels()));
        result.rows().forEach(row -> csv.append(line(row)));
        return csv.toString();
    }

    private static String line(List<? extends @Nullable String> values) {
        return values.stream()
                .map(v -> v == null ? "" : '"' + v.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining(",", "", "\n"));
    }

    private ObjectNode get(ObjectNode input) {
        ObjectNode answer = object();
        answer.set("QueryExecution", describe(find(required(input, "QueryExecutionId"))));
        return answer;
    }

    private ObjectNode batchGet(ObjectNode input) {
        ObjectNode answer = object();
        ArrayNode found = answer.putArray("QueryExecutions");
        ArrayNode missing = answer.putArray("UnprocessedQueryExecutionIds");
        for (JsonNode id : input.path("QueryExecutionIds")) {
            Execution execution = executions.get(id.asText());
            if (execution == null) {
                missing.addObject().put("QueryExecutionId", id.asText()).put("ErrorCode", "INVALID_INPUT");
            } else {
                found.add(describe(execution));
            }
        }
        return answer;
    }

    private ObjectNode list(ObjectNode input) {
        checkWorkGroup(input.path("WorkGroup").asText(WORKGROUP));
        ObjectNode answer = object();
        ArrayNode ids = answer.putArray("QueryExecutionIds");
        executions.values().stream()
                .sorted((a, b) -> b.submitted.compareTo(a.submitted))
                .limit(input.path("MaxResults").asInt(50))
                .forEach(e -> ids.add(e.id));
        return answer;
    }

    private ObjectNode stop(ObjectNode input) {
        find(required(input, "QueryExecutionId")).end("CANCELLED", "Query cancelled by user", QueryFailure.USER);
        return object();
    }

    private ObjectNode results(ObjectNode input) {
        Execution execution = find(required(input, "QueryExecutionId"));
        synchronized (execution) {
            if (execution.completed == null) {
                throw invalid("Query has not yet finished. Current state: " + execution.state);
            }
            if (!execution.state.equals("SUCCEEDED")) {
                throw invalid("Query did not finish successfully. Final query state: " + execution.state);
            }
        }
        int max = input.path("MaxResults").asInt(MAX_ROWS);
        if (max < 1 || max > MAX_ROWS) {
            throw invalid("MaxResults is more than maximum allowed length 1000.");
        }
        String token = input.path("NextToken").asText("0");
        if (!token.matches("\\d{1,9}")) {
            throw invalid("NextToken is not valid");
        }
        int from = Integer.parseInt(token);
        ObjectNode answer = object();
        ObjectNode set = answer.putObject("ResultSet");
        ArrayNode rows = set.putArray("Rows");
        ArrayNode columns = set.putObject("ResultSetMetadata").putArray("ColumnInfo");
        Engine.Result result = execution.result;
        if (result != null) {
            for (int i = 0; i < result.labels().size(); i++) {
                columns.addObject()
                        .put("Name", result.labels().get(i))
                        .put("Label", result.labels().get(i))
                        .put(
                                "Type",
                                result.types()
                                        .get(i)
                                        .replace("string", "varchar")
                                        .replaceAll("^int$", "integer"));
            }
            // The first row is the header.
            int all = result.rows().size() + 1;
            for (int i = from; i < Math.min(all, from + max); i++) {
                ArrayNode data = rows.addObject().putArray("Data");
                for (String value : i == 0 ? result.labels() : result.rows().get(i - 1)) {
                    ObjectNode datum = data.addObject();
                    if (value != null) {
                        datum.put("VarCharValue", value);
                    }
                }
            }
            if (from + max < all) {
                answer.put("NextToken", Integer.toString(from + max));
            }
        }
        return answer;
    }

    private ObjectNode workGroup(ObjectNode input) {
        checkWorkGroup(required(input, "WorkGroup"));
        ObjectNode answer = object();
        ObjectNode group = answer.putObject("WorkGroup").put("Name", WORKGROUP).put("State", "ENABLED");
        group.putObject("Configuration").put("EnforceWorkGroupConfiguration", false);
        return answer;
    }

    private ObjectNode table(ObjectNode input) {
        String name = required(input, "TableName");
        Table table = Optional.ofNullable(catalog.find(required(input, "DatabaseName"), name))
                .orElseThrow(() -> new ServiceError(
                        400,
                        "MetadataException",
                        "EntityNotFoundException: Entity Not Found: Table " + name + " not found."));
        ObjectNode answer = object();
        ObjectNode metadata =
                answer.putObject("TableMetadata").put("Name", name).put("TableType", "EXTERNAL_TABLE");
        ArrayNode columns = metadata.putArray("Columns");
        table.columns()
                .forEach((column, type) ->
                        columns.addObject().put("Name", column).put("Type", type));
        metadata.putObject("Parameters").put("location", table.location());
        return answer;
    }

    private static ObjectNode describe(Execution execution) {
        synchronized (execution) {
            ObjectNode node = object().put("QueryExecutionId", execution.id)
                    .put("Query", execution.sql)
                    .put("StatementType", execution.type)
                    .put("WorkGroup", WORKGROUP);
            node.putObject("ResultConfiguration").put("OutputLocation", execution.output + execution.id + ".csv");
            node.putObject("QueryExecutionContext").put("Database", execution.database);
            ObjectNode status = node.putObject("Status")
                    .put("State", execution.state)
                    .put("SubmissionDateTime", seconds(execution.submitted));
            ObjectNode statistics = node.putObject("Statistics");
            if (execution.completed != null) {
                status.put("CompletionDateTime", seconds(execution.completed));
                statistics.put(
                        "EngineExecutionTimeInMillis",
                        execution.completed.toEpochMilli() - execution.submitted.toEpochMilli());
                statistics.put("DataScannedInBytes", execution.result == null ? 0 : execution.result.bytesRead());
            }
            if (execution.reason != null) {
                status.put("StateChangeReason", execution.reason);
                status.putObject("AthenaError")
                        .put("ErrorCategory", execution.category)
                        .put("ErrorMessage", execution.reason)
                        .put("Retryable", execution.category == QueryFailure.SYSTEM);
            }
            return node;
        }
    }

    private static double seconds(Instant time) {
        return time.toEpochMilli() / 1_000.0;
    }

    private Execution find(String id) {
        Execution execution = executions.get(id);
        if (execution == null) {
            throw invalid("QueryExecution " + id + " was not found");
        }
        return execution;
    }

    private static void checkWorkGroup(String name) {
        if (!name.equals(WORKGROUP)) {
            throw invalid("WorkGroup " + name + " is not found.");
        }
    }

    private static String required(ObjectNode input, String name) {
        JsonNode value = input.get(name);
        if (value == null || !value.isTextual()) {
            throw invalid(name + " is required");
        }
        return value.asText();
    }

    private static ServiceError invalid(String message) {
        return new ServiceError(400, "InvalidRequestException", message);
    }
}
