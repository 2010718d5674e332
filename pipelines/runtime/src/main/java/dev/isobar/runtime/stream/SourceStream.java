package dev.isobar.runtime.stream;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.spec.StreamSpec;
import org.jspecify.annotations.Nullable;

/** A stream of the pipeline that the job reads: whether it decides, and where its events go in the kernel. Immutable. */
final class SourceStream {
    private final StreamSpec spec;
    private final String log;
    private final Schema schema;
    private final int[] states;
    private final boolean decides;
    private final int eventTimeSlot;
    private final int availableTimeSlot;
    private final int idSlot;

    SourceStream(StreamSpec spec, String log, FeaturePlan plan) {
        this.spec = spec;
        this.log = log;
        this.states = plan.statesOf(spec.name());
        this.decides = spec.name().equals(plan.decisions());
        this.schema = decides ? plan.decisionSchema() : plan.streamSchema(states[0]);
        this.eventTimeSlot = schema.require(spec.eventTime());
        this.idSlot = schema.require(spec.id());
        this.availableTimeSlot = spec.availableTime() == null ? -1 : schema.require(spec.availableTime());
    }

    String name() {
        return spec.name();
    }

    String log() {
        return log;
    }

    Schema schema() {
        return schema;
    }

    int idSlot() {
        return idSlot;
    }

    boolean decides() {
        return decides;
    }

    /** Whether ids and keys are wanted as texts: the feature table holds them, and the kernel takes them where the row does not have everything. */
    boolean texts() {
        return decides || availableTimeSlot < 0;
    }

    boolean isLate(long eventTime, long availableTime) {
        long delay = availableTime - eventTime;
        // Times are far apart enough to overflow only if one of them is nonsense: then the event is as late as can be.
        boolean overflow = ((availableTime ^ eventTime) & (availableTime ^ delay)) < 0;
        return overflow ? availableTime > eventTime : delay > spec.allowedLatenessMicros();
    }

    /** Lets the kernel know that an event comes soon. */
    void expect(FeatureKernel kernel, Row row) {
        for (int state : states) {
            kernel.expect(state, row);
        }
    }

    /** Gives an event to the kernel under every number of its stream; null if no window can ever ask for it. */
    @Nullable
    Admission accept(FeatureKernel kernel, FeaturePlan plan, Row row, String id, long eventTime, long availableTime) {
        Admission first = states.length == 0 ? Admission.ADMITTED : null;
        boolean whole = availableTimeSlot >= 0
                && row.word(eventTimeSlot) == eventTime
                && row.word(availableTimeSlot) == availableTime
                && !row.isNull(eventTimeSlot)
                && !row.isNull(availableTimeSlot)
                && !row.isNull(idSlot);
        for (int state : states) {
            Admission admission;
            if (whole) {
                admission = kernel.accept(state, row);
            } else if (texts()) {
                String key = plan.key(state, row);
                admission = key == null ? null : kernel.accept(state, id, key, eventTime, availableTime, row);
            } else {
                throw IsobarException.of(
                                ErrorCode.CORRUPT,
                                "An event of '" + name() + "' says other times than the columns of its row: " + row)
                        .resource(log)
                        .hint("Whoever wrote it filled the envelope from something else; write it again.")
                        .build();
            }
            first = first == null ? admission : first;
        }
        return first;
    }
}
