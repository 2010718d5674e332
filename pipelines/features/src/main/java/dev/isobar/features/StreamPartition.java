package dev.isobar.features;

import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.state.ContentHash;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.EventPool;
import dev.isobar.features.state.IdentityIndex;
import dev.isobar.features.state.Spill;
import dev.isobar.features.state.Times;
import org.jspecify.annotations.Nullable;

/** One stream's share of a kernel's state, and what moves with the stream's time. Not thread safe. */
final class StreamPartition extends StreamIntake {
    final int number;
    final long longestWindow;
    final ContentHash content;
    /** Whether a log has the content's hash, because it has not the whole content. */
    final boolean keepsContent;

    final RowCodec codec;
    final Row row;
    final EventPool events;
    final EventLog view;
    final EventLog other;
    final IdentityIndex identities = new IdentityIndex();
    long frontier = Long.MIN_VALUE;
    long latest = Long.MIN_VALUE;
    long retainedFrom = Long.MIN_VALUE;
    long keepFrom = Long.MIN_VALUE;

    StreamPartition(int number, FeaturePlan.StreamState state, @Nullable Spill spill, long bytes) {
        super(state);
        this.number = number;
        this.longestWindow = state.longestWindow();
        this.content = state.content();
        this.keepsContent = state.layout().contentStored();
        this.codec = new RowCodec(state.schema());
        this.row = new Row(state.schema());
        this.events = new EventPool(state.layout(), spill, (long) number << 32, bytes);
        this.view = new EventLog(state.layout());
        this.other = new EventLog(state.layout());
    }

    void insert(int key, long eventTime, long availableTime, long hash) {
        events.insert(key, view, keepFrom, eventTime, availableTime, id.high(), id.low(), hash, masks, words);
    }

    /** The place in the index of the event that has this id and is within the horizon, or −1. */
    int find(int idHash, long availableTime) {
        for (int place = identities.first(idHash); place >= 0; place = identities.next(idHash, place)) {
            long had = identities.availableTime(place);
            if (distance(had, availableTime) <= spec.dedupHorizonMicros() && position(place, other) >= 0) {
                return place;
            }
        }
        return -1;
    }

    /** Where the event of a place in the index stands in its key's log; −1 if it has another id or is gone. */
    int position(int place, EventLog view) {
        EventLog log = events.open(identities.key(place), view);
        return log == null
                ? -1
                : log.find(identities.eventTime(place), identities.availableTime(place), id.high(), id.low());
    }

    /** Indexes an event that was restored, if a copy that was not delivered before can still come within its horizon. */
    void index(int key, long eventTime, long available, long idHigh, long idLow) {
        if (frontier == Long.MIN_VALUE || available >= Times.minus(frontier, spec.dedupHorizonMicros())) {
            identities.add(IdentityIndex.hash(idHigh, idLow), key, eventTime, available);
        }
    }

    /** Ids are looked for among what can still meet a copy that was not delivered before. */
    void forgetIdentities() {
        if (frontier != Long.MIN_VALUE) {
            identities.forgetBefore(Times.minus(frontier, spec.dedupHorizonMicros()));
        }
    }

    void moveStarts(long retention) {
        // At the end of a stream its frontier is the end of time; what was last known must stay answerable.
        long now = Math.min(frontier, latest);
        // A length that saturates is longer than all time: nothing is ever that far behind.
        long kept = Times.plus(longestWindow, retention);
        if (kept != Long.MAX_VALUE) {
            retainedFrom = Math.max(retainedFrom, Times.minus(now, kept));
        }
        // Copies of an event come within the horizon of its available time, which is within the lateness of its
        // event time.
        long recognised = Times.plus(spec.dedupHorizonMicros(), spec.allowedLatenessMicros());
        long identity = recognised == Long.MAX_VALUE ? Long.MIN_VALUE : Times.minus(now, recognised);
        keepFrom = Math.max(keepFrom, Math.min(retainedFrom, identity));
    }

    private static long distance(long a, long b) {
        return a > b ? Times.minus(a, b) : Times.minus(b, a);
    }
}
