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
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private static final Logger LOG = LoggerFactory.getLogger(OnlineScorer.class);

    private final ServingDescriptor descriptor;
    private final FeaturePlan plan;
    private final Evaluator model;
    private final Decisions decisions;
    private final OnlineStore store;
    private final OnlineFeatures features;
    private final PredictionWriter log;
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
        final FeatureVector vector = new FeatureVector(plan);
        final float[] input = new float[plan.size()];
        final Row row = new Row(logged);
        final RowCodec codec = new RowCodec(logged);
    }

    OnlineScorer(ServedModel served, OnlineStore store, PredictionWriter log, long cacheBytes) {
        this.descriptor = served.descriptor();
        this.plan = served.plan();
        this.model = served.model();
        this.decisions = new Decisions(served.spec());
        this.store = store;
        this.features = new OnlineFeatures(plan, store, descriptor.namespace(), cacheBytes);
        this.log = log;
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
    public Scoring score(List<Row> rows, List<@Nullable String> predictionIds) {
        List<Decision> asked = new ArrayList<>(rows.size());
        List<Row> keys = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            try {
                Decision decision = decisions.decide(rows.get(i));
                asked.add(decision);
                keys.add(decision.row());
            } catch (IsobarException e) {
                throw ofInstance(i, rows.size(), e);
            }
        }
        OnlineFeatures.Snapshot snapshot = features.read(keys);
        List<Event> events = new ArrayList<>(rows.size());
        List<Scored> scores = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            String given = predictionIds.get(i);
            String predictionId = given == null ? UUID.randomUUID().toString() : given;
            try {
                Event event = predict(snapshot, asked.get(i), predictionId);
                events.add(event);
                Workspace w = workspaces.get();
                scores.add(new Scored(
                        predictionId,
                        w.row.float64(slots.score),
                        !w.vector.isFinal(),
                        new PredictionDetails(event, logged, plan)));
            } catch (IsobarException e) {
                throw ofInstance(i, rows.size(), e);
            }
        }
        return new Scoring(scores, log.append(events));
    }

    /** Evaluates and scores one decision and makes the log's entry of it; leaves vector and row in the thread's workspace. */
    private Event predict(OnlineFeatures.Snapshot snapshot, Decision decision, String predictionId) {
        Workspace w = workspaces.get();
        features.evaluate(snapshot, decision.row(), decision.id(), decision.t(), decision.k(), w.vector);
        w.vector.copyTo(w.input, 0);
        float score = model.predict(w.input);
        if (!Float.isFinite(score)) {
            throw IsobarException.of(ErrorCode.INTERNAL, "The model gives " + score + " for " + w.vector + ".")
                    .hint("The model or its training data is ill; `isobar runs` shows which run made it.")
                    .build();
        }
        fill(w, snapshot, decision, score);
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

    private void fill(Workspace w, OnlineFeatures.Snapshot snapshot, Decision decision, float score) {
        Row row = w.row.clear();
        if (decision.id() != null) {
            row.setText(slots.decisionId, decision.id());
        }
        row.setWord(slots.complete, w.vector.isFinal() ? 1 : 0);
        row.setFloat64(slots.score, score);
        row.setText(slots.digest, descriptor.modelDigest());
        row.setWord(slots.stateVersion, snapshot.partitionVersion());
        for (int s = 0; s < plan.streams().size(); s++) {
            row.setWord(slots.frontiers + s, w.vector.frontier(s));
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
        for (int f = 0; f < w.vector.size(); f++) {
            if (!w.vector.isNull(f)) {
                row.setWord(slots.features + f, w.vector.bits(f));
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

    /**
     * Evaluates made-up decisions about real keys, so that classes are loaded and hot code is compiled before the first request. Nothing is logged. A
     * failure is no reason not to serve: the requests that it concerns will say so.
     */
    void warmUp(int evaluations) {
        try {
            List<String> keys = store.keys(descriptor.namespace(), "k:", 16).stream()
                    .filter(k -> k.startsWith("k:"))
                    .map(ServingDescriptor::entityKey)
                    .toList();
            long t = features.read(List.of()).latest(plan.streams().size());
            for (int i = 0; i < evaluations; i++) {
                String key = keys.isEmpty() ? "warm-up" : keys.get(i % keys.size());
                Decision decision = decisions.decide(madeUp(key, t + i));
                predict(features.read(List.of(decision.row())), decision, "warm-up");
            }
        } catch (IsobarException e) {
            LOG.warn("The warm-up ended early, first requests may be slow: {}", e.getMessage());
        }
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
