package dev.isobar.features;

import dev.isobar.event.Row;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.expression.Kind;
import dev.isobar.features.expression.Node;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.Scanner;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The one way from state to a vector, for kernel and readers alike. Owns the working memory. Not thread safe. */
final class VectorComputation {
    private final FeaturePlan plan;
    private final Scanner[][] scanners;
    private final Frame frame;
    private final PackedId id = new PackedId();
    private final FeaturePlan.Step[] steps;

    /** What the caller found for each role: its key, its logs, how far they are known and how far back they reach. */
    private final KeyReader[] keys;

    final @Nullable EventLog[][] logs;
    final long[][] frontiers;
    final long[][] retained;

    VectorComputation(FeaturePlan plan) {
        this.plan = plan;
        int streams = plan.streams().size();
        this.steps = plan.steps().toArray(new FeaturePlan.Step[0]);
        int roles = plan.roleList().size();
        this.scanners = plan.roleList().stream()
                .map(r -> r.scans().stream().map(Scanner::new).toArray(Scanner[]::new))
                .toArray(Scanner[][]::new);
        this.frame = new Frame(new Row(plan.decisionSchema()));
        this.keys = plan.roleList().stream().map(FeaturePlan.Role::reader).toArray(KeyReader[]::new);
        this.logs = new @Nullable EventLog[roles][streams];
        this.frontiers = new long[roles][streams];
        this.retained = new long[roles][streams];
    }

    /** Makes a role's state empty. */
    void clear(int role) {
        Arrays.fill(logs[role], null);
    }

    void run(Row decision, @Nullable String decisionId, long t, long k, FeatureVector into) {
        into.begin(t, k);
        frame.row(decision);
        into.into(frame);
        boolean packed = decisionId != null && id.set(decisionId, plan.numericIds());
        PackedId current = packed ? id : null;
        for (int role = 0; role < scanners.length; role++) {
            for (Scanner s : scanners[role]) {
                int stream = s.scan().stream();
                long from = Times.minus(t, s.scan().longest());
                if (from < retained[role][stream]) {
                    String key = keys[role].read(decision);
                    throw Wrong.retention(
                            key == null ? "(none)" : key, plan.streams().get(stream), from, retained[role][stream]);
                }
                into.frontier(stream, frontiers[role][stream]);
                s.run(logs[role][stream], t, k, current, frame);
            }
        }
        run(steps, frame);
    }

    /** Computes what is more than an aggregate. */
    static void run(FeaturePlan.Step[] steps, Frame frame) {
        for (FeaturePlan.Step step : steps) {
            Node node = step.node();
            long word = node.word(frame);
            if (frame.isNull()) {
                frame.setNull(step.column());
            } else if (node.kind() == Kind.FLOAT) {
                double value = Double.longBitsToDouble(word);
                // One NaN: hardware makes several, and digests are over bits.
                frame.set(step.column(), Double.isNaN(value) ? Double.NaN : value);
            } else {
                frame.set(step.column(), (double) word);
            }
        }
    }
}
