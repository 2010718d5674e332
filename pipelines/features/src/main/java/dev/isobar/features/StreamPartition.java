package dev.isobar.features;

import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.ContentHash;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.EventPool;
import dev.isobar.features.state.IdentityIndex;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Spill;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.ArgumentNode;
import dev.isobar.spec.StreamSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One stream's share of a kernel's state, and what moves with the stream's time. Not thread safe. */
final class StreamPartition {
    final int number;
    final StreamSpec spec;
    final KeyReader key;
    final long longestWindow;
    final ArgumentNode[] arguments;
    final int[] columns;
    final ContentHash content;
    final RowCodec codec;
    final Row row;
    final Frame frame;
    final long[] masks;
    final long[] words;
    final EventPool events;
    final EventLog view;
    final EventLog other;
    final IdentityIndex identities = new IdentityIndex();
    final PackedId id = new PackedId();
    final boolean numericIds;
    final int idSlot;
    final int eventTimeSlot;
    final int availableTimeSlot;
    long frontier = Long.MIN_VALUE;
    long latest = Long.MIN_VALUE;
    long retainedFrom = Long.MIN_VALUE;
    long keepFrom = Long.MIN_VALUE;

    StreamPartition(int number, FeaturePlan.StreamState state, @Nullable Spill spill, long bytes) {
        this.number = number;
        this.spec = state.spec();
        this.key = state.key();
        this.longestWindow = state.longestWindow();
        this.arguments = state.arguments().toArray(new ArgumentNode[0]);
        this.columns = state.arguments().stream().mapToInt(ArgumentNode::column).toArray();
        this.content = state.content();
        this.codec = new RowCodec(state.schema());
        this.row = new Row(state.schema());
        this.frame = new Frame(row);
        this.masks = new long[(arguments.length + 63) >> 6];
        this.words = new long[arguments.length];
        this.events = new EventPool(state.layout(), spill, (long) number << 33, bytes);
        this.view = new EventLog(state.layout());
        this.other = new EventLog(state.layout());
        this.numericIds = state.layout().numericIds();
        this.idSlot = state.schema().require(spec.id());
        this.eventTimeSlot = state.schema().require(spec.eventTime());
        this.availableTimeSlot =
                spec.availableTime() == null ? -1 : state.schema().require(spec.availableTime());
    }

    void readArguments(Row from) {
        Arrays.fill(masks, 0);
        frame.row(from);
        for (int i = 0; i < arguments.length; i++) {
            boolean isNull;
            if (columns[i] >= 0) {
                words[i] = from.word(columns[i]);
                isNull = from.isNull(columns[i]);
            } else {
                words[i] = arguments[i].word(frame);
                isNull = frame.isNull();
            }
            if (isNull) {
                masks[i >> 6] |= 1L << (i & 63);
            }
        }
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

    /** Whether a copy that was not delivered before can come within the horizon of this one. */
    boolean mayBeMet(long available) {
        return frontier == Long.MIN_VALUE || available >= Times.minus(frontier, spec.dedupHorizonMicros());
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
