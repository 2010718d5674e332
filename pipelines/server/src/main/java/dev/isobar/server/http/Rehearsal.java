package dev.isobar.server.http;

import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A scorer that scores, but records nothing. */
record Rehearsal(Scorer scorer) implements Scorer {
    @Override
    public Schema schema() {
        return scorer.schema();
    }

    @Override
    public String modelName() {
        return scorer.modelName();
    }

    @Override
    public String modelVersion() {
        return scorer.modelVersion();
    }

    @Override
    public String modelDigest() {
        return scorer.modelDigest();
    }

    @Override
    public Scoring score(List<Row> rows, List<@Nullable String> predictionIds) {
        return scorer.rehearse(rows, predictionIds);
    }
}
