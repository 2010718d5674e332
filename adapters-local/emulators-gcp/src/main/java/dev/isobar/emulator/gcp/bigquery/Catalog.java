package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Kind;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Datasets and tables, and the rules for them. Everything in here runs inside of the warehouse's {@code change} or {@code read}.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/rest/v2/tables">tables</a>
 */
final class Catalog {
    private static final Pattern DATASET_ID = Pattern.compile("[A-Za-z0-9_]{1,1024}");
    private static final Pattern TABLE_ID = Pattern.compile("[\\p{L}\\p{M}\\p{N}\\p{Pc}\\p{Pd} ]{1,1024}");
    private static final int MOST_CLUSTERING = 4;
    private static final Set<String> PARTITIONS = Set.of("HOUR", "DAY", "MONTH", "YEAR");

    /** What a caller may say of a table. */
    private static final Set<String> KEPT = Set.of(
            "kind",
            "tableReference",
            "schema",
            "timePartitioning",
            "clustering",
            "labels",
            "description",
            "friendlyName",
            "requirePartitionFilter",
            "location",
            "type",
            "etag",
            "id",
            "selfLink",
            "creationTime",
            "lastModifiedTime",
            "numBytes",
            "numRows",
            "numLongTermBytes");

    private final Warehouse warehouse;
    private final Clock clock;

    Catalog(Warehouse warehouse, Clock clock) {
        this.warehouse = warehouse;
        this.clock = clock;
    }

    /** Which table. */
    record Name(String project, String dataset, String table) {
        String key() {
            return project + ":" + dataset + "." + table;
        }

        String datasetKey() {
            return project + ":" + dataset;
        }
    }

    /** A table as queries and streams see it. */
    record Table(Name name, String location, List<Column> columns, String physical) {
        /** The table's name in DuckDB's words. */
        String quoted() {
            return '"' + physical + '"';
        }

        @Nullable
        Column column(String name) {
            return columns.stream()
                    .filter(c -> c.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElse(null);
        }
    }

    long now() {
        return clock.millis();
    }

    ObjectNode dataset(String project, String dataset) throws SQLException {
        return warehouse
                .document(Kind.DATASET, project + ":" + dataset)
                .orElseThrow(() -> Refusal.notFound("Dataset " + project + ":" + dataset));
    }

    ObjectNode insertDataset(String project, ObjectNode body) throws SQLException {
        String id = body.path("datasetReference").path("datasetId").asText("");
        if (!DATASET_ID.matcher(id).matches()) {
            throw Refusal.invalid(
                    "Invalid dataset ID \"" + id
                            + "\". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.");
        }
        String key = project + ":" + id;
        if (warehouse.document(Kind.DATASET, key).isPresent()) {
            throw Refusal.duplicate("Dataset " + key);
        }
        ObjectNode dataset = body.deepCopy();
        dataset.put("kind", "bigquery#dataset").put("id", key);
        dataset.putObject("datasetReference").put("projectId", project).put("datasetId", id);
        dataset.put("location", location(body.path("location").asText("US")));
        stamp(dataset, true);
        warehouse.put(Kind.DATASET, key, dataset);
        return dataset;
    }

    /** Multi-regions are written large, regions small. */
    static String location(String name) {
        return name.indexOf('-') < 0 ? name.toUpperCase(Locale.ROOT) : name.toLowerCase(Locale.ROOT);
    }

    void deleteDataset(String project, String id, boolean withTables) throws SQLException {
        dataset(project, id);
        List<ObjectNode> tables = warehouse.documents(Kind.TABLE, project + ":" + id + ".");
        if (!tables.isEmpty() && !withTables) {
            throw Refusal.inUse("Dataset " + project + ":" + id + " is still in use");
        }
        for (ObjectNode table : tables) {
            delete(new Name(
                    project, id, table.path("tableReference").path("tableId").asText()));
        }
        warehouse.remove(Kind.DATASET, project + ":" + id);
    }

    ObjectNode insert(String project, String dataset, ObjectNode body) throws SQLException {
        ObjectNode parent = dataset(project, dataset);
        String id = body.path("tableReference").path("tableId").asText("");
        if (!TABLE_ID.matcher(id).matches()) {
            throw Refusal.invalid("Invalid table ID \"" + id + "\".");
        }
        Name name = new Name(project, dataset, id);
        if (warehouse.document(Kind.TABLE, name.key()).isPresent()) {
            throw Refusal.duplicate("Table " + name.key());
        }
        List<Column> columns = Column.of(body.path("schema"));
        if (columns.isEmpty()) {
            throw Refusal.notHere("tables without columns");
        }
        checkFields(body, KEPT);
        checkLayout(body, columns);
        ObjectNode table = body.deepCopy();
        table.put("kind", "bigquery#table").put("id", name.key()).put("type", "TABLE");
        table.putObject("tableReference")
                .put("projectId", project)
                .put("datasetId", dataset)
                .put("tableId", id);
        table.put("location", parent.path("location").asText());
        Column.write(columns, table);
        String physical = "t" + warehouse.fresh();
        table.put("-physical", physical);
        stamp(table, true);
        warehouse.execute("CREATE TABLE \"" + physical + "\" (" + definition(columns) + ")");
        warehouse.put(Kind.TABLE, name.key(), table);
        return shown(table);
    }

    /** Columns for DuckDB. Whether a value must be there is the service's business: a refused row must not refuse its transaction. */
    static String definition(List<Column> columns) {
        return columns.stream().map(c -> c.quoted() + " " + c.type().duck()).collect(Collectors.joining(", "));
    }

    private static void checkFields(ObjectNode body, Set<String> known) {
        body.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw Refusal.notHere(field + " of a table");
            }
        });
    }

    private static void checkLayout(ObjectNode body, List<Column> columns) {
        JsonNode partitioning = body.path("timePartitioning");
        if (!partitioning.isMissingNode()) {
            String type = partitioning.path("type").asText("");
            if (!PARTITIONS.contains(type)) {
                throw Refusal.invalid("Invalid value for timePartitioning.type: " + type);
            }
            String field = partitioning.path("field").asText("");
            if (field.isEmpty()) {
                throw Refusal.notHere("partitions by the time of arrival");
            }
            ColumnType of = find(columns, field, "partitioning").type();
            if (of != ColumnType.TIMESTAMP && of != ColumnType.DATETIME && of != ColumnType.DATE) {
                throw Refusal.invalid(
                        "The field specified for partitioning can only be of type TIMESTAMP, DATE or DATETIME. The type found is: "
                                + of.rest() + ".");
            }
        }
        JsonNode clustering = body.path("clustering").path("fields");
        if (clustering.size() > MOST_CLUSTERING) {
            throw Refusal.invalid("Too many clustering columns: " + clustering.size() + ", at most 4 are allowed.");
        }
        for (JsonNode field : clustering) {
            ColumnType of = find(columns, field.asText(), "clustering").type();
            if (!of.isForClustering()) {
                throw Refusal.invalid("Field " + field.asText() + " of type " + of.rest() + " cannot be clustered by.");
            }
        }
    }

    private static Column find(List<Column> columns, String name, String what) {
        return columns.stream()
                .filter(c -> c.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() ->
                        Refusal.invalid("The field specified for " + what + " cannot be found in the schema: " + name));
    }

    private ObjectNode document(Name name) throws SQLException {
        ObjectNode dataset = dataset(name.project, name.dataset);
        return warehouse
                .document(Kind.TABLE, name.key())
                .orElseThrow(() -> Refusal.notFound("Table " + name.key() + " was not found in location "
                        + dataset.path("location").asText()));
    }

    /** The table as the REST interface shows it. */
    ObjectNode get(Name name) throws SQLException {
        ObjectNode table = document(name);
        Table there = table(name);
        table.put("numRows", Long.toString(warehouse.number("SELECT count(*) FROM " + there.quoted())));
        table.put("numBytes", Long.toString(bytes(there, there.columns())));
        table.put("numLongTermBytes", "0");
        return shown(table);
    }

    Table table(Name name) throws SQLException {
        ObjectNode table = document(name);
        return new Table(
                name,
                table.path("location").asText(),
                Column.of(table.path("schema")),
                table.path("-physical").asText());
    }

    /** What a query of these columns reads; partitions and clusters, which save some of it, are not looked at. */
    long bytes(Table table, List<Column> columns) throws SQLException {
        return columns.isEmpty()
                ? 0
                : warehouse.number("SELECT "
                        + columns.stream().map(c -> c.type().billed(c.quoted())).collect(Collectors.joining(" + "))
                        + " FROM " + table.quoted());
    }

    List<ObjectNode> list(String project, String dataset) throws SQLException {
        dataset(project, dataset);
        return warehouse.documents(Kind.TABLE, project + ":" + dataset + ".").stream()
                .map(Catalog::shown)
                .map(t -> t.retain(
                        "kind",
                        "id",
                        "tableReference",
                        "type",
                        "labels",
                        "timePartitioning",
                        "clustering",
                        "creationTime"))
                .toList();
    }

    /** Changes what is said, and leaves the rest. Columns can be added, and be freed from having to have a value. */
    ObjectNode patch(Name name, ObjectNode body, @Nullable String ifMatch) throws SQLException {
        ObjectNode table = document(name);
        if (ifMatch != null && !ifMatch.equals(table.path("etag").asText())) {
            throw Refusal.conditionNotMet();
        }
        checkFields(body, KEPT);
        for (String fixed : List.of("timePartitioning", "clustering")) {
            if (body.has(fixed) && !body.get(fixed).equals(table.get(fixed))) {
                throw fixed.equals("timePartitioning")
                        ? Refusal.invalid("Cannot change partitioning spec for a partitioned table.")
                        : Refusal.notHere("another clustering of a table");
            }
        }
        if (body.has("schema")) {
            List<Column> columns = evolve(name, table, Column.of(body.path("schema")));
            Column.write(columns, table);
        }
        for (String field : List.of("labels", "description", "friendlyName")) {
            if (body.path(field).isNull()) {
                table.remove(field);
            } else if (body.has(field)) {
                table.set(field, merged(table.path(field), body.get(field)));
            }
        }
        stamp(table, false);
        warehouse.put(Kind.TABLE, name.key(), table);
        return get(name);
    }

    /** Labels are added to those there; null takes one away. */
    private static JsonNode merged(JsonNode there, JsonNode said) {
        if (!(there instanceof ObjectNode labels) || !said.isObject()) {
            return said;
        }
        ObjectNode all = labels.deepCopy();
        said.fields().forEachRemaining(label -> {
            if (label.getValue().isNull()) {
                all.remove(label.getKey());
            } else {
                all.set(label.getKey(), label.getValue());
            }
        });
        return all;
    }

    private List<Column> evolve(Name name, ObjectNode table, List<Column> wanted) throws SQLException {
        List<Column> there = Column.of(table.path("schema"));
        for (Column old : there) {
            Column now = wanted.stream()
                    .filter(c -> c.name().equalsIgnoreCase(old.name()))
                    .findFirst()
                    .orElseThrow(() -> mismatch(name, "Field " + old.name() + " is missing in new schema"));
            if (now.type() != old.type()) {
                throw mismatch(
                        name,
                        "Field " + old.name() + " has changed type from "
                                + old.type().rest() + " to " + now.type().rest());
            }
            if (now.required() && !old.required()) {
                throw mismatch(name, "Field " + old.name() + " has changed mode from NULLABLE to REQUIRED");
            }
        }
        for (Column now : wanted) {
            if (there.stream().noneMatch(c -> c.name().equalsIgnoreCase(now.name()))) {
                if (now.required()) {
                    throw mismatch(
                            name, "Cannot add required fields to an existing schema. (field: " + now.name() + ")");
                }
                warehouse.execute("ALTER TABLE \"" + table.path("-physical").asText() + "\" ADD COLUMN " + now.quoted()
                        + " " + now.type().duck());
            }
        }
        return wanted;
    }

    private static Refusal mismatch(Name name, String why) {
        return Refusal.invalid("Provided Schema does not match Table " + name.key() + ". " + why);
    }

    void delete(Name name) throws SQLException {
        ObjectNode table = document(name);
        warehouse.execute("DROP TABLE \"" + table.path("-physical").asText() + "\"");
        warehouse.remove(Kind.TABLE, name.key());
        String streams =
                "projects/" + name.project + "/datasets/" + name.dataset + "/tables/" + name.table + "/streams/";
        for (ObjectNode stream : warehouse.documents(Kind.STREAM, streams)) {
            if (stream.has("staged")) {
                warehouse.execute(
                        "DROP TABLE IF EXISTS \"" + stream.path("staged").asText() + "\"");
            }
            warehouse.remove(Kind.STREAM, stream.path("name").asText());
        }
    }

    private void stamp(ObjectNode resource, boolean isNew) throws SQLException {
        String now = Long.toString(now());
        if (isNew) {
            resource.put("creationTime", now);
        }
        resource.put("lastModifiedTime", now);
        resource.put("etag", "etag-" + warehouse.fresh());
    }

    /** Without what is nobody's business. */
    private static ObjectNode shown(ObjectNode table) {
        ObjectNode shown = JsonNodeFactory.instance.objectNode();
        table.fields().forEachRemaining(field -> {
            if (!field.getKey().startsWith("-")) {
                shown.set(field.getKey(), field.getValue());
            }
        });
        return shown;
    }
}
