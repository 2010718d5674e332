package dev.isobar.server.http;

import dev.isobar.event.Row;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decoded request.
 *
 * @param form how it was asked, which decides how it is answered
 * @param explain per instance, whether details are wanted
 * @param id the request's own id (Open Inference Protocol)
 * @param outputs output tensors asked for by name, empty for all
 */
record ScoringRequest(
        Form form,
        List<Row> rows,
        List<@Nullable String> predictionIds,
        boolean[] explain,
        @Nullable String id,
        Set<String> outputs) {

    /** One bare object that wants no details: the usual question. */
    boolean isPlainInstance() {
        return form == Form.INSTANCE && !explain[0];
    }

    /** The four ways to ask. */
    enum Form {
        /** One bare JSON object. */
        INSTANCE,
        /** Vertex AI: {@code instances} → {@code predictions}. */
        INSTANCES,
        /** Open Inference Protocol v2: {@code inputs} → {@code outputs}. */
        TENSORS,
        /** Lines of comma-separated values. */
        CSV
    }
}
