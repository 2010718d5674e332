package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.bigquery.Catalog.Name;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Kind;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.emulator.gcp.wire.HttpService;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * BigQuery's REST interface. Credentials are not looked at.
 *
 * <p>There are, of datasets: insert, get, list, delete; of tables: insert, get, list, patch, delete; of table data: list; of jobs: insert (queries, Parquet loads), get, list, cancel, query,
 * getQueryResults. Everything else is answered with 501.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/rest">REST reference</a>
 */
final class BigQueryService implements HttpService {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Warehouse warehouse;
    private final Catalog catalog;
    private final Jobs jobs;

    BigQueryService(Warehouse warehouse, Catalog catalog, Objects objects) {
        this.warehouse = warehouse;
        this.catalog = catalog;
        this.jobs = new Jobs(warehouse, catalog, new ParquetLoads(warehouse, objects));
    }

    @Override
    public HttpAnswer answer(HttpCall call) throws IOException {
        try {
            ObjectNode body = body(call);
            return json(warehouse.change(() -> route(call, call.segments(), call.parameters(), body)));
        } catch (Refusal e) {
            return e.toAnswer();
        } catch (JsonProcessingException e) {
            return Refusal.invalid("Parse Error: " + e.getOriginalMessage()).toAnswer();
        }
    }

    private static HttpAnswer json(ObjectNode answer) {
        byte[] content = answer.isEmpty() ? new byte[0] : answer.toString().getBytes(StandardCharsets.UTF_8);
        return HttpAnswer.of(content.length == 0 ? 204 : 200, "application/json; charset=UTF-8", Map.of(), content);
    }

    private static ObjectNode body(HttpCall call) throws IOException {
        try (InputStream raw = call.body();
                InputStream in = "gzip".equals(call.header("content-encoding")) ? new GZIPInputStream(raw) : raw) {
            byte[] content = in.readAllBytes();
            JsonNode body = content.length == 0 ? JsonNodeFactory.instance.objectNode() : JSON.readTree(content);
            if (!(body instanceof ObjectNode object)) {
                throw Refusal.invalid("Parse Error: an object is expected");
            }
            return object;
        }
    }

    private ObjectNode route(HttpCall call, List<String> path, Map<String, String> query, ObjectNode body)
            throws SQLException {
        if (path.size() < 5 || !path.subList(0, 3).equals(List.of("bigquery", "v2", "projects"))) {
            throw Refusal.notHere(call.method() + " " + call.path());
        }
        String project = path.get(3);
        List<String> rest = path.subList(5, path.size());
        String method = call.method();
        return switch (path.get(4)) {
            case "datasets" -> datasets(call, project, rest, query, body);
            case "jobs" -> jobs(call, project, rest, query, body);
            case "queries" -> {
                if (rest.isEmpty() && method.equals("POST")) {
                    yield jobs.query(project, body);
                }
                if (rest.size() == 1 && method.equals("GET")) {
                    yield jobs.results(
                            project,
                            rest.get(0),
                            query.getOrDefault("location", ""),
                            Jobs.page(query),
                            "bigquery#getQueryResultsResponse");
                }
                throw Refusal.notHere(method + " " + call.path());
            }
            default -> throw Refusal.notHere(path.get(4) + " of a project");
        };
    }

    private ObjectNode datasets(
            HttpCall call, String project, List<String> path, Map<String, String> query, ObjectNode body)
            throws SQLException {
        String method = call.method();
        if (path.isEmpty()) {
            return switch (method) {
                case "POST" -> catalog.insertDataset(project, body);
                case "GET" ->
                    listed("bigquery#datasetList", "datasets", warehouse.documents(Kind.DATASET, project + ":"));
                default -> throw Refusal.notHere(method + " of datasets");
            };
        }
        String dataset = path.get(0);
        if (path.size() == 1) {
            return switch (method) {
                case "GET" -> catalog.dataset(project, dataset);
                case "DELETE" -> {
                    catalog.deleteDataset(project, dataset, Boolean.parseBoolean(query.get("deleteContents")));
                    yield JsonNodeFactory.instance.objectNode();
                }
                default -> throw Refusal.notHere(method + " of a dataset");
            };
        }
        if (!path.get(1).equals("tables")) {
            throw Refusal.notHere(path.get(1) + " of a dataset");
        }
        if (path.size() == 2) {
            return switch (method) {
                case "POST" -> catalog.insert(project, dataset, body);
                case "GET" -> listed("bigquery#tableList", "tables", catalog.list(project, dataset));
                default -> throw Refusal.notHere(method + " of tables");
            };
        }
        Name name = new Name(project, dataset, path.get(2));
        if (path.size() == 4 && path.get(3).equals("data") && method.equals("GET")) {
            return jobs.data(name, Jobs.page(query));
        }
        if (path.size() != 3) {
            throw Refusal.notHere(method + " " + call.path());
        }
        return switch (method) {
            case "GET" -> catalog.get(name);
            case "PATCH" -> catalog.patch(name, body, call.header("if-match"));
            case "DELETE" -> {
                catalog.delete(name);
                yield JsonNodeFactory.instance.objectNode();
            }
            default -> throw Refusal.notHere(method + " of a table");
        };
    }

    private ObjectNode jobs(
            HttpCall call, String project, List<String> path, Map<String, String> query, ObjectNode body)
            throws SQLException {
        String method = call.method();
        String location = query.getOrDefault("location", "");
        if (path.isEmpty()) {
            return switch (method) {
                case "POST" -> jobs.insert(project, body);
                case "GET" -> listed("bigquery#jobList", "jobs", jobs.list(project));
                default -> throw Refusal.notHere(method + " of jobs");
            };
        }
        if (path.size() == 1 && method.equals("GET")) {
            return jobs.get(project, path.get(0), location);
        }
        if (path.size() == 2 && path.get(1).equals("cancel") && method.equals("POST")) {
            // All of them are done.
            ObjectNode answer = JsonNodeFactory.instance.objectNode();
            answer.put("kind", "bigquery#jobCancelResponse").set("job", jobs.get(project, path.get(0), location));
            return answer;
        }
        throw Refusal.notHere(method + " " + call.path());
    }

    private static ObjectNode listed(String kind, String field, List<ObjectNode> all) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", kind).put("totalItems", all.size());
        answer.putArray(field).addAll(all);
        return answer;
    }
}
