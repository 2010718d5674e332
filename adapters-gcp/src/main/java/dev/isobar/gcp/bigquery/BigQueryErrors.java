package dev.isobar.gcp.bigquery;

import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpIdentity;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What BigQuery's errors mean where they mean more than their status: a job's have no status at all, only a reason.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/error-messages">error messages</a>
 */
final class BigQueryErrors {
    private static final String PORT = "OfflineStore";

    /** Reasons of jobs that failed. */
    private static final Map<String, ErrorCode> REASONS = Map.ofEntries(
            Map.entry("accessDenied", ErrorCode.PERMISSION_DENIED),
            Map.entry("notFound", ErrorCode.NOT_FOUND),
            Map.entry("duplicate", ErrorCode.ALREADY_EXISTS),
            Map.entry("invalid", ErrorCode.INVALID_ARGUMENT),
            Map.entry("invalidQuery", ErrorCode.INTERNAL),
            Map.entry("stopped", ErrorCode.CANCELLED),
            Map.entry("timeout", ErrorCode.TIMEOUT),
            Map.entry("quotaExceeded", ErrorCode.RESOURCE_EXHAUSTED),
            Map.entry("resourcesExceeded", ErrorCode.RESOURCE_EXHAUSTED),
            Map.entry("responseTooLarge", ErrorCode.RESOURCE_EXHAUSTED),
            Map.entry("billingTierLimitExceeded", ErrorCode.RESOURCE_EXHAUSTED),
            Map.entry("billingNotEnabled", ErrorCode.RESOURCE_EXHAUSTED),
            Map.entry("rateLimitExceeded", ErrorCode.THROTTLED),
            Map.entry("jobRateLimitExceeded", ErrorCode.THROTTLED),
            Map.entry("backendError", ErrorCode.UNAVAILABLE),
            Map.entry("internalError", ErrorCode.UNAVAILABLE),
            Map.entry("jobBackendError", ErrorCode.UNAVAILABLE),
            Map.entry("jobInternalError", ErrorCode.UNAVAILABLE));

    private final GcpIdentity identity;

    BigQueryErrors(GcpIdentity identity) {
        this.identity = identity;
    }

    IsobarException translate(Throwable thrown, String operation, String table) {
        Throwable e = GcpErrors.unwrap(thrown);
        if (e instanceof IsobarException own) {
            return own;
        }
        String message = String.valueOf(e.getMessage());
        if (message.contains("Not found: Dataset") || message.contains("was not found in location")) {
            return message.contains("Not found: Table")
                    ? error(ErrorCode.NOT_FOUND, "BigQuery has no such table: " + message, operation, table)
                            .hint(
                                    "Somebody removed it from BigQuery. Restore it within the dataset's time travel, or drop Isobar's table and make it again.")
                            .cause(e)
                            .build()
                    : noDataset(message, operation, table, e);
        }
        if (message.contains("streaming buffer")) {
            return error(ErrorCode.UNAVAILABLE, message, operation, table)
                    .hint(
                            "BigQuery changes rows only when they have left its buffer: run the same command again in half an hour.")
                    .cause(e)
                    .build();
        }
        if (message.contains("Could not serialize access") || message.contains("due to concurrent update")) {
            return error(ErrorCode.CONFLICT, message, operation, table)
                    .hint("Somebody else changes the same table: run the same command again.")
                    .cause(e)
                    .build();
        }
        ErrorCode code = code(e);
        IsobarException general = GcpErrors.translate(e, identity.instance(), PORT, operation, table);
        boolean ours = code != general.code()
                || code == ErrorCode.RESOURCE_EXHAUSTED
                || (code == ErrorCode.PERMISSION_DENIED && !GcpErrors.isNotEnabled(e));
        if (!ours) {
            return general;
        }
        return error(code, String.valueOf(general.getMessage()), operation, table)
                .hint(hint(code))
                .cause(e)
                .build();
    }

    /** What a job says that ended badly. */
    IsobarException failed(BigQueryError said, String operation, String table) {
        ErrorCode code = REASONS.getOrDefault(String.valueOf(said.getReason()), ErrorCode.INTERNAL);
        return error(code, "BigQuery: " + said.getMessage(), operation, table)
                .hint(
                        code == ErrorCode.UNAVAILABLE || code == ErrorCode.THROTTLED
                                ? "Run the same command again."
                                : hint(code))
                .build();
    }

    private static ErrorCode code(Throwable e) {
        if (e instanceof BigQueryException answered && answered.getReason() != null) {
            ErrorCode named = REASONS.get(answered.getReason());
            if (named != null && (answered.getCode() < 400 || answered.getCode() == 400 || answered.getCode() == 403)) {
                return named;
            }
        }
        return GcpErrors.code(e);
    }

    private static String hint(ErrorCode code) {
        return switch (code) {
            case PERMISSION_DENIED ->
                "Give the identity of this adapter instance roles/bigquery.dataEditor on the dataset and roles/bigquery.jobUser in the project.";
            case RESOURCE_EXHAUSTED ->
                "Ask for fewer rows at once, wait for the quota's next day, or ask for a higher one (IAM & Admin, Quotas).";
            case INTERNAL -> "The job is in BigQuery's history with its SQL.";
            default -> "The service's own message says what it did not accept.";
        };
    }

    IsobarException noDataset(String said, String operation, String table, @Nullable Throwable cause) {
        return error(
                        ErrorCode.INVALID_CONFIGURATION,
                        cause == null
                                ? "There is no dataset " + identity.project() + ":" + said
                                : "BigQuery does not find the dataset: " + said,
                        operation,
                        table)
                .hint(
                        "Make it (`bq mk --dataset --location=" + identity.location() + " " + identity.project() + ":"
                                + (cause == null ? said : "NAME")
                                + "`), or set `bigquery.dataset` of this adapter instance to one that is there. Isobar makes no datasets.")
                .cause(cause)
                .build();
    }

    IsobarException elsewhere(String dataset, String place, String operation, String table) {
        return error(
                        ErrorCode.INVALID_CONFIGURATION,
                        "The dataset " + dataset + " is not in " + identity.location() + " but in "
                                + place.toLowerCase(Locale.ROOT),
                        operation,
                        table)
                .hint(
                        "Set the dataset's own location as `location` of this adapter instance, or name a dataset there: jobs run only where their data is.")
                .build();
    }

    IsobarException.Builder error(ErrorCode code, String message, String operation, String table) {
        return IsobarException.of(code, message)
                .adapter(identity.instance())
                .at(PORT, operation)
                .resource(table);
    }
}
