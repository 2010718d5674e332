package dev.isobar.aws.athena;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.athena.AthenaClient;
import software.amazon.awssdk.services.athena.model.AthenaError;
import software.amazon.awssdk.services.athena.model.Datum;
import software.amazon.awssdk.services.athena.model.QueryExecution;
import software.amazon.awssdk.services.athena.model.QueryExecutionState;
import software.amazon.awssdk.services.athena.model.Row;
import software.amazon.awssdk.services.athena.model.StartQueryExecutionRequest;

/**
 * Runs one statement of SQL in Athena and waits for its end. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html">StartQueryExecution</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/APIReference/API_AthenaError.html">AthenaError</a>
 */
final class AthenaQueries {
    /** Athena's own bound of a statement. Bytes. */
    static final int MAX_STATEMENT = 262_144;

    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;
    private static final int SYSTEM = 1;

    private final AthenaClient athena;
    private final String instance;
    private final String workgroup;

    AthenaQueries(AthenaClient athena, String instance, String workgroup) {
        this.athena = athena;
        this.instance = instance;
        this.workgroup = workgroup;
    }

    /**
     * Runs a statement to its end.
     *
     * @param output {@code s3://…/} for what Athena writes beside
     * @return the id of the execution
     */
    String run(String sql, String output, String operation, String table) {
        try {
            // The token makes a repetition whose first answer was lost the same execution.
            String id = athena.startQueryExecution(StartQueryExecutionRequest.builder()
                            .queryString(sql)
                            .clientRequestToken(UUID.randomUUID().toString())
                            .workGroup(workgroup)
                            .resultConfiguration(r -> r.outputLocation(output))
                            .build())
                    .queryExecutionId();
            await(id, operation, table);
            return id;
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "OfflineStore", operation, table);
        }
    }

    /** The rows that a query gave, as texts, without the header. */
    List<List<String>> rows(String id, String operation, String table) {
        try {
            List<List<String>> rows = new ArrayList<>();
            athena.getQueryResultsPaginator(r -> r.queryExecutionId(id)).stream()
                    .flatMap(page -> page.resultSet().rows().stream())
                    .map(Row::data)
                    .forEach(data ->
                            rows.add(data.stream().map(Datum::varCharValue).toList()));
            return rows.isEmpty() ? rows : rows.subList(1, rows.size());
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "OfflineStore", operation, table);
        }
    }

    private void await(String id, String operation, String table) {
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            QueryExecution execution =
                    athena.getQueryExecution(r -> r.queryExecutionId(id)).queryExecution();
            QueryExecutionState state = execution.status().state();
            if (state == QueryExecutionState.SUCCEEDED) {
                return;
            }
            if (state == QueryExecutionState.FAILED || state == QueryExecutionState.CANCELLED) {
                throw failure(execution, operation, table);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(pause);
            } catch (InterruptedException e) {
                athena.stopQueryExecution(r -> r.queryExecutionId(id));
                Thread.currentThread().interrupt();
                throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while Athena ran the query " + id)
                        .adapter(instance)
                        .at("OfflineStore", operation)
                        .resource(table)
                        .cause(e)
                        .build();
            }
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        }
    }

    private IsobarException failure(QueryExecution execution, String operation, String table) {
        String reason = String.valueOf(execution.status().stateChangeReason());
        AthenaError error = execution.status().athenaError();
        ErrorCode code = code(execution.status().state(), reason, error);
        return IsobarException.of(
                        code,
                        "Athena's query " + execution.queryExecutionId() + " ended as "
                                + execution.status().stateAsString() + ": " + reason)
                .adapter(instance)
                .at("OfflineStore", operation)
                .resource(table)
                .hint(hint(code))
                .build();
    }

    /** Athena names what is wrong at the beginning of its sentence, and whose fault it is in the error's category. */
    private static ErrorCode code(QueryExecutionState state, String reason, AthenaError error) {
        if (state == QueryExecutionState.CANCELLED) {
            return ErrorCode.CANCELLED;
        }
        String name = reason.split("[:\\s]", 2)[0];
        ErrorCode named = switch (name) {
            case "PERMISSION_DENIED", "ACCESS_DENIED" -> ErrorCode.PERMISSION_DENIED;
            case "TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND" -> ErrorCode.NOT_FOUND;
            case "HIVE_BAD_DATA", "HIVE_CURSOR_ERROR", "HIVE_CANNOT_OPEN_SPLIT", "HIVE_FILESYSTEM_ERROR" ->
                ErrorCode.CORRUPT;
            case "EXCEEDED_TIME_LIMIT" -> ErrorCode.TIMEOUT;
            case "SYNTAX_ERROR", "COLUMN_NOT_FOUND", "TYPE_MISMATCH", "FAILED" -> ErrorCode.INTERNAL;
            default -> null;
        };
        if (named != null && !reason.contains("Access Denied")) {
            return named;
        }
        if (reason.contains("Access Denied") || reason.contains("AccessDenied")) {
            return ErrorCode.PERMISSION_DENIED;
        }
        if (reason.startsWith("Query exhausted resources")) {
            return ErrorCode.RESOURCE_EXHAUSTED;
        }
        return error != null && error.errorCategory() != null && error.errorCategory() == SYSTEM
                ? ErrorCode.UNAVAILABLE
                : ErrorCode.INTERNAL;
    }

    private static String hint(ErrorCode code) {
        return switch (code) {
            case PERMISSION_DENIED ->
                "Athena reads and writes S3 and Glue as this adapter instance: give its identity those permissions.";
            case UNAVAILABLE, TIMEOUT -> "Run the same command again.";
            case RESOURCE_EXHAUSTED -> "Ask for fewer parts at once, or use a workgroup with provisioned capacity.";
            case CORRUPT -> "A Parquet file was altered or damaged. Restore it, or drop the table and make it again.";
            case NOT_FOUND ->
                "Somebody dropped the table from Athena's catalog; run the same command again, which makes it.";
            default -> "The query is in Athena's history under this id.";
        };
    }
}
