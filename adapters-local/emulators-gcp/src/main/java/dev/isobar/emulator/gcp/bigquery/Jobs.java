package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.bigquery.Catalog.Name;
import dev.isobar.emulator.gcp.bigquery.Translation.Statement;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Kind;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Jobs and what they gave. A job is done when the call that starts it is answered, and what it changes is one transaction with the job itself: who sends it again under the
 * same id, because the answer was lost, is told that it exists.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs">jobs</a>
 */
final class Jobs {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,1024}");

    /** The dataset of answers; names that begin so are hidden. */
    static final String ANSWERS = "_answers";

    /** A page has at most about that many bytes. */
    private static final int MAX_PAGE_BYTES = 10 << 20;

    private static final int MAX_PAGE_ROWS = 100_000;

    /** So many answers are kept; the service keeps them for a day. */
    private static final int ANSWERS_KEPT = 50;

    private static final long LEAST_BILLED = 10L << 20;

    private final Warehouse warehouse;
    private final Catalog catalog;
    private final ParquetLoads loads;

    Jobs(Warehouse warehouse, Catalog catalog, ParquetLoads loads) {
        this.warehouse = warehouse;
        this.catalog = catalog;
        this.loads = loads;
    }

    /** Starts a job as {@code jobs.insert} does, and gives it as it is then. */
    ObjectNode insert(String project, ObjectNode body) throws SQLException {
        JsonNode reference = body.path("jobReference");
        JsonNode configuration = body.path("configuration");
        String id = reference.path("jobId").asText("job_" + UUID.randomUUID());
        if (!ID.matcher(id).matches()) {
            throw Refusal.invalid(
                    "Invalid job ID \"" + id
                            + "\". Job IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long.");
        }
        String location = reference.path("location").asText("");
        if (configuration.has("load")) {
            return load(project, id, location, configuration);
        }
        JsonNode query = configuration.path("query");
        if (query.isMissingNode()) {
            throw Refusal.required("Required parameter is missing: configuration.query");
        }
        for (String other : List.of(
                "destinationTable",
                "tableDefinitions",
                "userDefinedFunctionResources",
                "writeDisposition",
                "schemaUpdateOptions")) {
            if (query.has(other)) {
                throw Refusal.notHere(other + " of a query");
            }
        }
        boolean dry = configuration.path("dryRun").asBoolean();
        return run(project, id, location, query, configuration, dry);
    }

    /** Runs a query as {@code jobs.query} does. */
    ObjectNode query(String project, ObjectNode body) throws SQLException {
        ObjectNode configuration = JsonNodeFactory.instance.objectNode();
        ObjectNode job = run(
                project,
                "job_" + UUID.randomUUID(),
                body.path("location").asText(""),
                body,
                configuration,
                body.path("dryRun").asBoolean());
        if (body.path("dryRun").asBoolean()) {
            ObjectNode answer = JsonNodeFactory.instance.objectNode();
            answer.put("kind", "bigquery#queryResponse").put("jobComplete", true);
            answer.set("totalBytesProcessed", job.at("/statistics/totalBytesProcessed"));
            answer.set("schema", job.at("/statistics/query/schema"));
            answer.set("jobReference", job.get("jobReference"));
            return answer;
        }
        JsonNode reference = job.path("jobReference");
        return results(
                project,
                reference.path("jobId").asText(),
                reference.path("location").asText(),
                new Page(
                        body.path("maxResults").asInt(MAX_PAGE_ROWS),
                        0,
                        body.path("formatOptions").path("useInt64Timestamp").asBoolean()),
                "bigquery#queryResponse");
    }

    private ObjectNode run(
            String project, String id, String location, JsonNode query, JsonNode configuration, boolean dry)
            throws SQLException {
        if (query.path("useLegacySql").asBoolean(true)) {
            throw Refusal.notHere("legacy SQL");
        }
        if (find(project, id, location).isPresent()) {
            throw Refusal.duplicate("Job " + project + ":" + location + "." + id);
        }
        Statement statement = Translation.of(
                query.path("query").asText(""),
                Parameters.of(query),
                project,
                query.path("defaultDataset").path("datasetId").asText(null),
                name -> {
                    checkPlace(name, location);
                    return catalog.table(name);
                });
        String place = statement.table().location();
        long started = catalog.now();
        long bytes = catalog.bytes(statement.table(), statement.read());
        ObjectNode job = job(project, id, place);
        ObjectNode said = job.putObject("configuration");
        said.put("jobType", "QUERY");
        if (configuration.has("labels")) {
            said.set("labels", configuration.get("labels"));
        }
        ObjectNode saidQuery = said.putObject("query");
        saidQuery.put("query", query.path("query").asText()).put("useLegacySql", false);
        if (query.has("queryParameters")) {
            saidQuery.put("parameterMode", "NAMED").set("queryParameters", query.get("queryParameters"));
        }
        job.putObject("status").put("state", "DONE");
        ObjectNode statistics = job.putObject("statistics");
        statistics
                .put("creationTime", Long.toString(started))
                .put("startTime", Long.toString(started))
                .put("totalBytesProcessed", Long.toString(bytes));
        ObjectNode details = statistics.putObject("query");
        details.put("statementType", statement.isDelete() ? "DELETE" : "SELECT")
                .put("cacheHit", false)
                .put("totalBytesProcessed", Long.toString(bytes))
                .put("totalBytesBilled", Long.toString(dry ? 0 : Math.max(bytes, LEAST_BILLED)));
        Column.write(statement.result(), details);
        if (dry) {
            said.put("dryRun", true);
            return job;
        }
        execute(project, id, statement, job, saidQuery, details);
        statistics.put("endTime", Long.toString(catalog.now()));
        warehouse.put(Kind.JOB, key(project, place, id), job);
        return job;
    }

    private static ObjectNode job(String project, String id, String place) {
        ObjectNode job = JsonNodeFactory.instance.objectNode();
        job.put("kind", "bigquery#job")
                .put("id", project + ":" + place + "." + id)
                .put("etag", "etag-" + id);
        job.putObject("jobReference").put("projectId", project).put("jobId", id).put("location", place);
        return job;
    }

    /** Rows of an object become rows of a table; a job that fails is one too, and keeps its id. */
    private ObjectNode load(String project, String id, String location, JsonNode configuration) throws SQLException {
        if (find(project, id, location).isPresent()) {
            throw Refusal.duplicate("Job " + project + ":" + location + "." + id);
        }
        ParquetLoads.Load load = ParquetLoads.of(project, configuration.path("load"));
        checkPlace(load.table(), location);
        Catalog.Table table = catalog.table(load.table());
        ObjectNode job = job(project, id, table.location());
        ObjectNode said = job.putObject("configuration");
        said.put("jobType", "LOAD");
        if (configuration.has("labels")) {
            said.set("labels", configuration.get("labels"));
        }
        said.set("load", configuration.get("load"));
        ObjectNode status = job.putObject("status").put("state", "DONE");
        String started = Long.toString(catalog.now());
        ObjectNode statistics = job.putObject("statistics");
        statistics.put("creationTime", started).put("startTime", started);
        if (configuration.path("dryRun").asBoolean()) {
            throw Refusal.notHere("dry runs of load jobs");
        }
        try {
            loads.execute(load, table, statistics.putObject("load"));
        } catch (ParquetLoads.Bad e) {
            statistics.remove("load");
            ObjectNode error = status.putObject("errorResult");
            error.put("reason", e.reason()).put("message", e.getMessage());
            status.putArray("errors").add(error.deepCopy());
        }
        statistics.put("endTime", Long.toString(catalog.now()));
        warehouse.put(Kind.JOB, key(project, table.location(), id), job);
        return job;
    }

    private void execute(
            String project, String id, Statement statement, ObjectNode job, ObjectNode query, ObjectNode details)
            throws SQLException {
        if (statement.isDelete()) {
            long gone = warehouse.execute(statement.sql());
            details.put("numDmlAffectedRows", Long.toString(gone));
            details.putObject("dmlStats").put("deletedRowCount", Long.toString(gone));
            return;
        }
        long number = warehouse.fresh();
        String physical = "r" + number;
        warehouse.execute("CREATE TABLE \"" + physical + "\" AS " + statement.sql());
        String table = "anon" + number;
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("table", table).put("physical", physical).put("number", number);
        Column.write(statement.result(), answer);
        warehouse.put(Kind.RESULT, String.format("%s:%019d", project, number), answer);
        query.putObject("destinationTable")
                .put("projectId", project)
                .put("datasetId", ANSWERS)
                .put("tableId", table);
        forgetOld(project);
    }

    private void forgetOld(String project) throws SQLException {
        List<ObjectNode> kept = warehouse.documents(Kind.RESULT, project + ":");
        for (ObjectNode old : kept.subList(0, Math.max(0, kept.size() - ANSWERS_KEPT))) {
            warehouse.execute("DROP TABLE \"" + old.path("physical").asText() + "\"");
            warehouse.remove(
                    Kind.RESULT,
                    String.format("%s:%019d", project, old.path("number").asLong()));
        }
    }

    /** A job runs in one place and sees only the datasets there. */
    private void checkPlace(Name name, String location) throws SQLException {
        Optional<ObjectNode> dataset = warehouse.document(Kind.DATASET, name.datasetKey());
        String place = dataset.map(d -> d.path("location").asText()).orElse("US");
        if (dataset.isEmpty() || (!location.isEmpty() && !place.equals(Catalog.location(location)))) {
            throw Refusal.notFound("Dataset " + name.datasetKey() + " was not found in location "
                    + (location.isEmpty() ? place : Catalog.location(location)));
        }
    }

    private static String key(String project, String location, String id) {
        return project + ":" + id + ":" + location;
    }

    private Optional<ObjectNode> find(String project, String id, String location) throws SQLException {
        if (!location.isEmpty()) {
            return warehouse.document(Kind.JOB, key(project, Catalog.location(location), id));
        }
        return warehouse.documents(Kind.JOB, project + ":" + id + ":").stream().findFirst();
    }

    ObjectNode get(String project, String id, String location) throws SQLException {
        return find(project, id, location)
                .orElseThrow(() ->
                        Refusal.notFound("Job " + project + ":" + (location.isEmpty() ? "" : location + ".") + id));
    }

    List<ObjectNode> list(String project) throws SQLException {
        return warehouse.documents(Kind.JOB, project + ":");
    }

    /** Which rows of an answer. */
    record Page(int rows, long from, boolean microseconds) {}

    /** What a query gave, as {@code jobs.getQueryResults} says it. */
    ObjectNode results(String project, String id, String location, Page page, String kind) throws SQLException {
        ObjectNode job = get(project, id, location);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", kind).put("jobComplete", true).put("cacheHit", false);
        answer.set("jobReference", job.get("jobReference"));
        JsonNode query = job.at("/statistics/query");
        answer.set("totalBytesProcessed", query.get("totalBytesProcessed"));
        JsonNode destination = job.at("/configuration/query/destinationTable");
        if (destination.isMissingNode()) {
            answer.set("schema", query.get("schema"));
            answer.put("totalRows", "0");
            answer.set("numDmlAffectedRows", query.get("numDmlAffectedRows"));
            answer.set("dmlStats", query.get("dmlStats"));
            return answer;
        }
        ObjectNode result = answerTable(project, destination.path("tableId").asText());
        answer.set("schema", result.get("schema"));
        rows(result.path("physical").asText(), Column.of(result.path("schema")), page, answer);
        return answer;
    }

    private ObjectNode answerTable(String project, String table) throws SQLException {
        return warehouse
                .document(Kind.RESULT, String.format("%s:%019d", project, Long.parseLong(table.substring(4))))
                .orElseThrow(() -> Refusal.notFound("Table " + project + ":" + ANSWERS + "." + table));
    }

    /** The rows of a table, or of an answer, as {@code tabledata.list} says them. */
    ObjectNode data(Name name, Page page) throws SQLException {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", "bigquery#tableDataList").put("etag", "etag");
        if (name.dataset().equals(ANSWERS) && name.table().matches("anon[0-9]{1,18}")) {
            ObjectNode result = answerTable(name.project(), name.table());
            rows(result.path("physical").asText(), Column.of(result.path("schema")), page, answer);
        } else {
            Catalog.Table table = catalog.table(name);
            rows(table.physical(), table.columns(), page, answer);
        }
        return answer;
    }

    private void rows(String physical, List<Column> columns, Page page, ObjectNode answer) throws SQLException {
        long total = warehouse.number("SELECT count(*) FROM \"" + physical + "\"");
        answer.put("totalRows", Long.toString(total));
        int most = Math.min(page.rows(), MAX_PAGE_ROWS);
        if (most == 0) {
            // Who asks for no rows wants to know when they are there.
            return;
        }
        ArrayNode rows = answer.putArray("rows");
        long next = warehouse.query(
                "SELECT * FROM \"" + physical + "\" ORDER BY rowid LIMIT " + most + " OFFSET " + page.from(), found -> {
                    long at = page.from();
                    long bytes = 0;
                    while (bytes < MAX_PAGE_BYTES && found.next()) {
                        ArrayNode cells = rows.addObject().putArray("f");
                        for (int i = 0; i < columns.size(); i++) {
                            String text = columns.get(i).type().text(found, i + 1, page.microseconds());
                            cells.addObject().put("v", text);
                            bytes += text == null ? 10 : 10 + text.length();
                        }
                        at++;
                    }
                    return at;
                });
        if (rows.isEmpty()) {
            answer.remove("rows");
        }
        if (next < total) {
            answer.put("pageToken", "at-" + next);
        }
    }

    /** Which page a call asks for. */
    static Page page(Map<String, String> query) {
        String token = query.get("pageToken");
        long from = 0;
        if (token != null) {
            if (!token.matches("at-[0-9]{1,18}")) {
                throw Refusal.invalid("Invalid page token: " + token);
            }
            from = Long.parseLong(token.substring(3));
        } else if (query.containsKey("startIndex")) {
            from = number("startIndex", query.get("startIndex"));
        }
        return new Page(
                query.containsKey("maxResults")
                        ? (int) Math.min(MAX_PAGE_ROWS, number("maxResults", query.get("maxResults")))
                        : MAX_PAGE_ROWS,
                from,
                Boolean.parseBoolean(query.getOrDefault("formatOptions.useInt64Timestamp", "false")));
    }

    private static long number(String name, @Nullable String text) {
        if (text == null || !text.matches("[0-9]{1,18}")) {
            throw Refusal.invalid("Invalid value for " + name + ": " + text);
        }
        return Long.parseLong(text);
    }
}
