package dev.isobar.server;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.FieldType;
import dev.isobar.event.Operation;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Use;
import dev.isobar.port.OnlineStore;
import dev.isobar.server.Decisions.Decision;
import dev.isobar.server.http.Scorer;
import dev.isobar.server.model.Evaluator;
import dev.isobar.workload.PredictionLog;
import dev.isobar.workload.ServingDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The model behind the HTTP side: request → decision → vector from the online state → score → prediction log. Reading the online store may block,
 * so it wants scoring threads; the log does not. Thread safe.
 */
final class OnlineScorer implements Scorer {
    /** The schema of logged predictions. */
    static final String SCHEMA_ID = "isobar.prediction/1";

    /** Header of a logged prediction: the deployment that answered. */
    static final String DEPLOYMENT_HEADER = "isobar.deployment";

    /** Header of a logged prediction: the run that deployed it. */
    static final String RUN_HEADER = "isobar.run";

    /** Rows of one call of a model that prefers batches. */
    private static final int MOST_AT_ONCE = 64;

    private static final int EXAMPLES = 16;

    private final ServingDescriptor descriptor;
    private final FeaturePlan plan;
    private final Evaluator model;
    private final Decisions decisions;
    private final OnlineStore store;
    private final OnlineFeatures features;
    private final PredictionWriter log;
    private final @Nullable PredictionCache cache;
    private final Schema logged;
    private final Slots slots;
    private final Map<String, String> headers;
    private final ThreadLocal<Workspace> workspaces;

    /** Where things stand in a logged row. */
    private record Slots(
            int decisionId,
            int complete,
            int score,
            int digest,
            int stateVersion,
            int frontiers,
            int inputs,
            int features) {}

    private final class Workspace {
        /** Of the rows of one call of the model. */
        final List<FeatureVector> vectors = new ArrayList<>(List.of(new FeatureVector(plan)));

        float[] inputs = new float[plan.size()];
        final float[] input = new float[plan.size()];
        float[] scores = new float[1];
        final Row row = new Row(logged);
        final RowCodec codec = new RowCodec(logged);

        void room(int count) {
            while (vectors.size() < count) {
                vectors.add(new FeatureVector(plan));
            }
            if (scores.length < count) {
                scores = new float[count];
                inputs = new float[count * plan.size()];
            }
        }
    }

    /**
     * @param cacheBytes how many bytes of encoded states may stay decoded
     * @param cache of predictions; null for none
     */
    OnlineScorer(
            ServedModel served,
            OnlineStore store,
            PredictionWriter log,
            long cacheBytes,
            @Nullable PredictionCache cache) {
        this.descriptor = served.descriptor();
        this.plan = served.plan();
        this.model = served.model();
        this.decisions = new Decisions(served.spec());
        this.store = store;
        this.features = new OnlineFeatures(plan, store, descriptor.namespace(), cacheBytes);
        this.log = log;
        this.cache = cache;
        this.logged = logSchema(served);
        this.slots = slots();
        this.headers = Map.of(DEPLOYMENT_HEADER, descriptor.deployment(), RUN_HEADER, descriptor.runId());
        this.workspaces = ThreadLocal.withInitial(Workspace::new);
    }

    /** The schema of what this model's predictions are logged as. */
    static Schema logSchema(ServedModel served) {
        return PredictionLog.schema(
                served.plan().decisionSchema(),
                served.plan().columns().stream().map(FeatureColumn::name).toList(),
                served.plan().streams());
    }

    private Slots slots() {
        int frontiers = logged.require(PredictionLog.STATE_VERSION) + 1;
        int inputs = frontiers + plan.streams().size();
        return new Slots(
                logged.require(PredictionLog.DECISION_ID),
                logged.require(PredictionLog.FINAL),
                logged.require(PredictionLog.SCORE),
                logged.require(PredictionLog.MODEL_DIGEST),
                logged.require(PredictionLog.STATE_VERSION),
                frontiers,
                inputs,
                inputs + decisions.schema().size());
    }

    @Override
    public Schema schema() {
        return decisions.request();
    }

    @Override
    public String modelName() {
        return descriptor.endpoint();
    }

    @Override
    public String modelVersion() {
        return Integer.toString(descriptor.modelVersion());
    }

    @Override
    public String modelDigest() {
        return descriptor.modelDigest();
    }

    @Override
    public boolean healthy() {
        return log.healthy();
    }

    @Override
    public String evaluator() {
        return model.name();
    }

    @Override
    public @Nullable String evaluatorReason() {
        return model.reason();
    }

    @Override
    public int preferredBatch() {
        return model.prefersBatches() ? MOST_AT_ONCE : 1;
    }

    @Override
    public List<Count> counts() {
        List<Count> counts = new ArrayList<>();
        counts.add(new Count("isobar_server_states", "Key states that are decoded and ready.", features.cached()));
        counts.add(new Count("isobar_server_state_hits_total", "Key states that were.", features.hits()));
        counts.add(
                new Count("isobar_server_state_misses_total", "Key states that had to be decoded.", features.misses()));
        if (cache != null) {
            counts.add(new Count("isobar_server_predictions_cached", "Predictions in the cache.", cache.size()));
            counts.add(new Count("isobar_server_prediction_hits_total", "Predictions found there.", cache.hits()));
            counts.add(new Count(
                    "isobar_server_prediction_misses_total", "Predictions looked for and not found.", cache.misses()));
        }
        return List.copyOf(counts);
    }

    @Override
    public Scoring score(List<Row> rows, List<@Nullable String> predictionIds) {
        List<Event> events = new ArrayList<>(rows.size());
        List<Scored> scores = predict(rows, predictionIds, events);
        return new Scoring(scores, log.append(events));
    }

    @Override
    public void flush() {
        log.flush();
    }

    @Override
    public Scoring rehearse(List<Row> rows, List<@Nullable String> predictionIds) {
        return Scoring.unrecorded(predict(rows, predictionIds, new ArrayList<>(rows.size())));
    }

    private List<Scored> predict(List<Row> rows, List<@Nullable String> predictionIds, List<Event> events) {
        int count = rows.size();
        List<Decision> asked = new ArrayList<>(count);
        List<Row> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            try {
                Decision decision = decisions.decide(rows.get(i));
                asked.add(decision);
                keys.add(decision.row());
            } catch (IsobarException e) {
                throw ofInstance(i, count, e);
            }
        }
        OnlineFeatures.Snapshot snapshot = features.read(keys);
        List<Scored> scores = new ArrayList<>(count);
        Workspace w = workspaces.get();
        int most = model.prefersBatches() ? MOST_AT_ONCE : 1;
        for (int from = 0; from < count; from += most) {
            int to = Math.min(count, from + most);
            evaluate(w, snapshot, asked, from, to);
            scoreTogether(w, to - from);
            for (int i = from; i < to; i++) {
                String given = predictionIds.get(i);
                String predictionId = given == null ? PredictionIds.next() : given;
                FeatureVector vector = w.vectors.get(i - from);
                float score = w.scores[i - from];
                if (!Float.isFinite(score)) {
                    throw ofInstance(i, count, ill(score, vector));
                }
                Event event = logEntry(w, snapshot, asked.get(i), vector, score, predictionId);
                events.add(event);
                scores.add(
                        new Scored(predictionId, score, !vector.isFinal(), new PredictionDetails(event, logged, plan)));
            }
        }
        return scores;
    }

    /** The vectors of some decisions, and as the model takes them, in the thread's workspace. */
    private void evaluate(Workspace w, OnlineFeatures.Snapshot snapshot, List<Decision> asked, int from, int to) {
        w.room(to - from);
        for (int i = from; i < to; i++) {
            Decision decision = asked.get(i);
            FeatureVector vector = w.vectors.get(i - from);
            try {
                features.evaluate(snapshot, decision.row(), decision.id(), decision.t(), decision.k(), vector);
            } catch (IsobarException e) {
                throw ofInstance(i, asked.size(), e);
            }
            vector.copyTo(w.inputs, (i - from) * plan.size());
        }
    }

    private void scoreTogether(Workspace w, int count) {
        int size = plan.size();
        if (cache == null) {
            if (count == 1) {
                System.arraycopy(w.inputs, 0, w.input, 0, size);
                w.scores[0] = model.predict(w.input);
            } else {
                model.predict(w.inputs, count, w.scores);
            }
            return;
        }
        int[] missing = new int[count];
        int misses = 0;
        for (int i = 0; i < count; i++) {
            w.scores[i] = cache.get(w.inputs, i * size, size);
            if (Float.isNaN(w.scores[i])) {
                missing[misses++] = i;
            }
        }
        if (misses == 0) {
            return;
        }
        float[] inputs = new float[misses * size];
        float[] scores = new float[misses];
        for (int m = 0; m < misses; m++) {
            System.arraycopy(w.inputs, missing[m] * size, inputs, m * size, size);
        }
        model.predict(inputs, misses, scores);
        for (int m = 0; m < misses; m++) {
            w.scores[missing[m]] = scores[m];
            cache.put(inputs, m * size, size, scores[m]);
        }
    }

    private static IsobarException ill(float score, FeatureVector vector) {
        return IsobarException.of(ErrorCode.INTERNAL, "The model gives " + score + " for " + vector + ".")
                .hint("The model or its training data is ill; `isobar runs` shows which run made it.")
                .build();
    }

    private Event logEntry(
            Workspace w,
            OnlineFeatures.Snapshot snapshot,
            Decision decision,
            FeatureVector vector,
            float score,
            String predictionId) {
        fill(w, snapshot, decision, vector, score);
        return new Event(
                predictionId,
                key(decision, predictionId),
                decision.t(),
                decision.k(),
                SCHEMA_ID,
                Operation.INSERT,
                headers,
                w.codec.encode(w.row));
    }

    private void fill(
            Workspace w, OnlineFeatures.Snapshot snapshot, Decision decision, FeatureVector vector, float score) {
        Row row = w.row.clear();
        if (decision.id() != null) {
            row.setText(slots.decisionId, decision.id());
        }
        row.setWord(slots.complete, vector.isFinal() ? 1 : 0);
        row.setFloat64(slots.score, score);
        row.setText(slots.digest, descriptor.modelDigest());
        row.setWord(slots.stateVersion, snapshot.partitionVersion());
        for (int s = 0; s < plan.streams().size(); s++) {
            row.setWord(slots.frontiers + s, vector.frontier(s));
        }
        Row in = decision.row();
        for (int c = 0; c < in.schema().size(); c++) {
            if (in.isNull(c)) {
                continue;
            }
            String text = in.text(c);
            if (text == null) {
                row.setWord(slots.inputs + c, in.word(c));
            } else {
                row.setText(slots.inputs + c, text);
            }
        }
        for (int f = 0; f < vector.size(); f++) {
            if (!vector.isNull(f)) {
                row.setWord(slots.features + f, vector.bits(f));
            }
        }
    }

    private String key(Decision decision, String predictionId) {
        List<Use> uses = plan.uses();
        String key = uses.isEmpty() ? null : uses.get(0).key(decision.row());
        if (key != null) {
            return key;
        }
        return decision.id() == null ? predictionId : decision.id();
    }

    /** In a request of one nobody asks which. */
    private static IsobarException ofInstance(int index, int of, IsobarException e) {
        if (of == 1) {
            return e;
        }
        IsobarException.Builder b = IsobarException.of(e.code(), "Instance " + index + ": " + e.getMessage())
                .cause(e);
        String hint = e.hint();
        return (hint == null ? b : b.hint(hint)).build();
    }

    /** Made-up questions about real keys. */
    @Override
    public List<Row> examples() {
        List<String> keys = store.keys(descriptor.namespace(), "k:", EXAMPLES).stream()
                .filter(k -> k.startsWith("k:"))
                .map(ServingDescriptor::entityKey)
                .toList();
        long t = features.read(List.of()).latest(plan.streams().size());
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < EXAMPLES; i++) {
            rows.add(madeUp(keys.isEmpty() ? "warm-up" : keys.get(i % keys.size()), t + i));
        }
        return rows;
    }

    private Row madeUp(String key, long t) {
        Row row = new Row(decisions.request());
        for (int i = 0; i < row.schema().size(); i++) {
            FieldType type = row.schema().field(i).type();
            switch (type) {
                case STRING -> row.setText(i, key);
                case INT32, INT64, BOOL -> row.setWord(i, 1);
                case FLOAT64 -> row.setFloat64(i, 1);
                case TIMESTAMP, LOCAL_TIMESTAMP -> row.setWord(i, t);
            }
        }
        return row;
    }
}
